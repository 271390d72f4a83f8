// SPDX-License-Identifier: Apache-2.0
#include "platform/shape/table.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::shape;

namespace {
enum class Color { red, green };
const std::vector<std::pair<Color, const char*>>& names_of(Color) {
    static const std::vector<std::pair<Color, const char*>> all{{Color::red, "red"},
                                                                {Color::green, "green"}};
    return all;
}

struct Wheel {
    std::string name;
    int size = 20;
    static const Shape<Wheel>& shape() {
        static const auto s = Shape<Wheel>()
                                  .field("name", &Wheel::name, {required})
                                  .field("size", &Wheel::size, {between(10, 30)});
        return s;
    }
};

struct Bike {
    std::string id, name, note, pin;
    std::optional<std::int64_t> price;
    bool electric = false;
    Color color = Color::red;
    std::vector<Wheel> wheels;
    std::vector<std::string> tags;
    Json extra = Json::object();
    Time built;
    static const Shape<Bike>& shape() {
        static const auto s =
            Shape<Bike>("bike", "bikes")
                .field("id", &Bike::id, {read_only, brief})
                .field("name", &Bike::name, {required, max_length(10), not_blank, brief})
                .field("note", &Bike::note, {since(2, 5)})
                .field("pin", &Bike::pin, {secret})
                .field("price", &Bike::price, {at_least(0)})
                .field("electric", &Bike::electric, {create_only})
                .field("color", &Bike::color)
                .field("wheels", &Bike::wheels, {max_items(2)})
                .field("tags", &Bike::tags)
                .field("built", &Bike::built, {read_only, time_format(6, "Z")})
                .computed("label", [](const Bike& b, const View&) { return Json(b.name + "!"); });
        return s;
    }
};

Bike read(const char* body, Reading::Mode mode = Reading::Mode::create, Version version = {2, 9},
          bool lenient = false) {
    Reading reading;
    reading.mode = mode;
    reading.version = version;
    reading.lenient = lenient;
    return Bike::shape().parse(Json::parse(body), reading);
}

std::string refusal(const char* body, Reading::Mode mode = Reading::Mode::create,
                    Version version = {2, 9}) {
    try {
        read(body, mode, version);
    } catch (const Failure& failure) {
        CHECK(failure.kind() == Fault::bad_request);
        return failure.details().text("field");
    }
    return "(accepted)";
}
} // namespace

TEST_CASE("a good body is read into the record, nested parts and enums included") {
    Bike bike = read(R"({"name":"b","price":7,"color":"green","electric":true,
                         "wheels":[{"name":"front"},{"name":"rear","size":30}],"tags":["x"]})");
    CHECK(bike.name == "b");
    CHECK(bike.price == 7);
    CHECK(bike.color == Color::green);
    CHECK(bike.wheels.size() == 2);
    CHECK(bike.wheels[0].size == 20);
    CHECK(bike.tags == std::vector<std::string>{"x"});
    CHECK_FALSE(read(R"({"name":"b","price":null})").price);
}

TEST_CASE("a bad body names the field that is wrong") {
    CHECK(refusal(R"({})") == "name");
    CHECK(refusal(R"({"name":1})") == "name");
    CHECK(refusal(R"({"name":"  "})") == "name");
    CHECK(refusal(R"({"name":"12345678901"})") == "name");
    CHECK(refusal(R"({"name":null})") == "name");
    CHECK(refusal(R"({"name":"b","price":-1})") == "price");
    CHECK(refusal(R"({"name":"b","price":"1"})") == "price");
    CHECK(refusal(R"({"name":"b","price":1.5})") == "price");
    CHECK(refusal(R"({"name":"b","price":99999999999999999999})") == "price");
    CHECK(refusal(R"({"name":"b","color":"blue"})") == "color");
    CHECK(refusal(R"({"name":"b","electric":"yes"})") == "electric");
    CHECK(refusal(R"({"name":"b","wheels":[{"name":"x","size":9}]})") == "wheels.0.size");
    CHECK(refusal(R"({"name":"b","wheels":[{"size":20}]})") == "wheels.0.name");
    CHECK(refusal(R"({"name":"b","wheels":[{"name":"x"},{"name":"x"},{"name":"x"}]})") == "wheels");
    CHECK(refusal(R"({"name":"b","wheels":{}})") == "wheels");
    CHECK(refusal(R"({"name":"b","id":"x"})") == "id");
    CHECK(refusal(R"({"name":"b","label":"x"})") == "label");
    CHECK(refusal(R"({"name":"b","nonsense":1})") == "nonsense");
    CHECK(refusal(R"([])") == "bike");
}

TEST_CASE("versions and modes decide which fields exist") {
    CHECK(refusal(R"({"name":"b","note":"n"})", Reading::Mode::create, {2, 4}) == "note");
    CHECK(read(R"({"name":"b","note":"n"})").note == "n");
    CHECK(refusal(R"({"electric":true})", Reading::Mode::update) == "electric");
    CHECK(read(R"({"price":3})", Reading::Mode::update).price == 3);
    CHECK(read(R"({"name":"b","price":"3","electric":"True"})", Reading::Mode::create, {2, 9}, true)
              .price == 3);
}

TEST_CASE("views show what the version, the policy and the request allow") {
    Bike bike = read(R"({"name":"b","note":"n"})");
    bike.pin = "1234";
    View view;
    view.version = {2, 4};
    Json old = Bike::shape().write(&bike, view);
    CHECK_FALSE(old.has("note"));
    CHECK_FALSE(old.has("pin"));
    CHECK(old.text("label") == "b!");
    CHECK(old.text("color") == "red");
    CHECK(old.text("built") == "1970-01-01T00:00:00.000000Z");
    view.version = {2, 5};
    CHECK(Bike::shape().write(&bike, view).has("note"));
    view.brief = true;
    CHECK(Bike::shape().write(&bike, view).size() == 2);
    view.brief = false;
    std::vector<std::string> only{"price"};
    view.only = &only;
    CHECK(Bike::shape().write(&bike, view).dump() == R"({"price":null})");
}

TEST_CASE("an image restores the record, without secrets") {
    Bike bike =
        read(R"({"name":"b","price":7,"color":"green","wheels":[{"name":"front"}],"tags":["x"]})");
    bike.pin = "1234";
    Json image = Bike::shape().image(&bike);
    CHECK_FALSE(image.has("pin"));
    Bike again;
    Bike::shape().from_image(image, &again);
    CHECK(again.wheels.size() == 1);
    CHECK(again.color == Color::green);
    CHECK(Bike::shape().image(&again) == image);
}
