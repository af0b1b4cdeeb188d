using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

public sealed class CsvTableTests
{
    [Fact]
    public void Quoted_fields_hold_commas_quotes_and_line_breaks()
    {
        var table = Read("name,note\na,\"one, \"\"two\"\"\nthree\"\nb,\n");

        table.Rows.Count.ShouldBe(2);
        table.Rows[0]["note"].ShouldBe("one, \"two\"\nthree");
        table.Rows[1]["note"].ShouldBeNull();
        table.Rows[1].Line.ShouldBe(4);
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_are_no_part_of_the_data()
    {
        var table = Read("\ufeffname,count\r\na,3\r\n");

        table.Rows[0].WholeNumber("count").ShouldBe(3);
        table.Rows[0].Text("name").ShouldBe("a");
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("a,a\n1,2\n", "second time")]
    [InlineData("a,b\n1\n", "line 2")]
    [InlineData("a,b\n1,\"2\n", "line 2")]
    public void A_broken_table_names_the_line(string text, string place) =>
        Should.Throw<BadContentException>(() => Read(text)).Message.ShouldContain(place);

    [Theory]
    [InlineData("NaN")]
    [InlineData("1e999")]
    [InlineData("three")]
    public void What_is_no_number_is_refused_with_its_column(string value) =>
        Should
            .Throw<BadContentException>(() => Read($"count\n{value}\n").Rows[0].Number("count"))
            .Message.ShouldContain("line 2, column count");

    private static CsvTable Read(string text) => CsvTable.Read("table.csv", new StringReader(text));
}
