/* SPDX-License-Identifier: Apache-2.0
 * The boot sector of the accelerator probe (boot_probe.cc holds it assembled; a test compares):
 *   as --64 boot_probe.S -o x.o && ld -Ttext 0x7c00 --oformat binary -o boot_probe.bin x.o
 * It does what ordinary guests do and crippled accelerators do not manage: from real mode straight
 * into long mode with paging, then SSE arithmetic. Then it writes its message to the serial port. */
.code16
.globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    cld
    /* page tables at 0x1000: one 2 MiB page mapped one to one */
    movw $0x1000, %di
    xorl %eax, %eax
    movw $0xc00, %cx
    rep stosl
    movw $0x2003, 0x1000
    movw $0x3003, 0x2000
    movw $0x0083, 0x3000
    movl $0x1000, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x620, %eax        /* PAE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax        /* LME */
    wrmsr
    lgdt gdtr
    movl %cr0, %eax
    orl $0x80000003, %eax   /* paging, protection, MP */
    andl $0xfffffffb, %eax  /* no EM */
    movl %eax, %cr0
    ljmp $8, $long_mode
.code64
long_mode:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %ss
    movl $message, %esi
    movl $200000, %ecx
1:  cvtsi2sd %ecx, %xmm0
    addsd %xmm0, %xmm1
    decl %ecx
    jnz 1b
next:
    lodsb
    testb %al, %al
    jz done
    movb %al, %ah
    movw $0x3fd, %dx
2:  inb %dx, %al
    testb $0x20, %al
    jz 2b
    movw $0x3f8, %dx
    movb %ah, %al
    outb %al, %dx
    jmp next
done:
    hlt
    jmp done
.balign 8
gdt:
    .quad 0
    .quad 0x00af9a000000ffff
    .quad 0x00cf92000000ffff
gdtr:
    .word 23
    .long gdt
message:
    .asciz "nephele: guest code runs\r\n"
.org 510
    .word 0xaa55
