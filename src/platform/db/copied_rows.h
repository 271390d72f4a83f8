// SPDX-License-Identifier: Apache-2.0
// Rows kept apart from their statement: in a write transaction the callback may change the table
// that is being read, and must not meet its own changes.
#pragma once
#include "platform/db/db.h"

namespace nephele::db {

class CopiedRows : public Row {
  public:
    void begin_row(int columns) { columns_ = columns; }
    void add_null() { cells_.push_back({true, 0, 0, 0, 0}); }
    /// The same value in its three readings.
    void add(std::int64_t integer, double real, std::string_view text) {
        cells_.push_back({false, integer, real, text_.size(), text.size()});
        text_ += text;
    }
    void for_each(const std::function<void(const Row&)>& callback) {
        for (at_ = 0; at_ < cells_.size(); at_ += columns_) callback(*this);
    }

    bool is_null(int c) const override { return cell(c).null; }
    std::int64_t integer(int c) const override { return cell(c).integer; }
    double real(int c) const override { return cell(c).real; }
    std::string_view text(int c) const override {
        return std::string_view(text_).substr(cell(c).offset, cell(c).length);
    }
    int columns() const override { return columns_; }

  private:
    struct Cell {
        bool null;
        std::int64_t integer;
        double real;
        std::size_t offset, length; ///< in text_
    };
    const Cell& cell(int c) const {
        if (c < 0 || c >= columns_) throw DatabaseError("a column outside the row");
        return cells_[at_ + c];
    }
    std::vector<Cell> cells_;
    std::string text_;
    std::size_t at_ = 0;
    int columns_ = 0;
};

} // namespace nephele::db
