import http.server,json,sys
K=open('/tmp/g/id.pub').read().strip()
MD=json.dumps({"uuid":"11111111-2222-3333-4444-555555555555","hostname":"vm-test.novalocal","name":"vm-test","public_keys":{"mykey":K}})
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(s):
        p=s.path; sys.stderr.write("MD %s %s\n"%(s.client_address,p)); sys.stderr.flush()
        b=None
        if p.endswith('meta_data.json'): b=MD.encode()
        elif p.endswith('user_data'): b=b'#!/bin/sh\necho USERDATA-RAN\n'
        s.send_response(200 if b else 404); s.send_header('Content-Length',str(len(b or b''))); s.end_headers(); s.wfile.write(b or b'')
    def log_message(*a): pass
http.server.ThreadingHTTPServer(('169.254.169.254',80),H).serve_forever()
