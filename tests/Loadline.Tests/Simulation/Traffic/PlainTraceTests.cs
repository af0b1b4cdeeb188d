using System.Text;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class PlainTraceTests
{
    private const string Heading = "arrivalSeconds,promptTokens,outputTokens,session,sharedPrefixTokens,prefixId\n";

    private static Trace Read(string text) => TraceReader.Read("trace", new StringReader(text));

    private static string Refusal(string text) => Should.Throw<BadContentException>(() => Read(text)).Message;

    [Fact]
    public void Times_stay_as_they_are_written()
    {
        var trace = Read("arrivalSeconds,promptTokens,outputTokens\n3.25,100,10\n1e1,200,0\n");

        trace.Format.ShouldBe("Loadline CSV");
        trace.Arrivals.ShouldBe([new(3.25, 100, 10), new(10, 200, 0)]);
    }

    [Fact]
    public void Columns_may_come_in_any_order_and_optional_ones_be_missing() =>
        Read("outputTokens,session,promptTokens,arrivalSeconds\n10,,100,3.25\n")
            .Arrivals.ShouldBe([new(3.25, 100, 10)]);

    [Fact]
    public void Prompts_with_one_prefix_begin_alike()
    {
        var trace = Read(
            Heading + "0,100,10,,60,help\n1,80,10,,60,help\n2,90,10,,60,other\n3,70,10,,50,\n4,70,10,,0,\n"
        );

        var contents = trace.Arrivals.Select(arrival => arrival.Content).ToArray();
        contents[0]!.Pieces.ShouldBe([new(0, 60)]);
        contents[1].ShouldBeSameAs(contents[0]);
        contents[2]!.Pieces.ShouldBe([new(1, 60)]);
        contents[3]!.Pieces.ShouldBe([new(2, 50)]);
        contents[4].ShouldBeNull();
    }

    [Fact]
    public void A_later_prompt_of_a_session_begins_with_what_was_said()
    {
        // 60 shared + 40 asked, 10 answered; 110 + 5 asked, nothing answered; 115 and nothing new, 20 answered; 135 + 1.
        var trace = Read(
            Heading + "0,100,10,a,60,help\n1,50,5,b,,\n2,115,0,a,,\n3,115,20,a,60,help\n4,136,7,a,,\n5,55,1,b,,\n"
        );

        var contents = trace.Arrivals.Select(arrival => arrival.Content!).ToArray();
        long Last(int row) => contents[row].Pieces[^1].Id;
        var asked = contents[0].Pieces;
        asked.ShouldBe([new(0, 60), new(1, 40)]);
        var second = contents[2].Pieces;
        second.ShouldBe([.. asked, new(contents[0].Answer!.Value, 10), new(Last(2), 5)]);
        contents[2].Answer.ShouldBeNull();
        contents[3].Pieces.ShouldBe(second);
        contents[4].Pieces.ShouldBe([.. second, new(contents[3].Answer!.Value, 20), new(Last(4), 1)]);
        contents[5].Pieces.ShouldBe([.. contents[1].Pieces, new(contents[1].Answer!.Value, 5)]);
        contents[1].Pieces[0].Id.ShouldNotBe(asked[0].Id);
    }

    [Fact]
    public void Json_lines_say_the_same_as_rows()
    {
        var csv = Read(Heading + "0,100,10,\"a \"\"1\"\", b\",60,7\n1,120,5,\"a \"\"1\"\", b\",,\n");
        var json = Read(
            """
            {"arrivalSeconds": 0, "promptTokens": 100, "outputTokens": 10, "session": "a \"1\", b", "sharedPrefixTokens": 60, "prefixId": 7}
            {"outputTokens": 5, "promptTokens": 120, "arrivalSeconds": 1.0, "session": "a \u00221\", b", "prefixId": null}
            """
        );

        json.Format.ShouldBe("Loadline JSONL");
        for (var i = 0; i < 2; i++)
        {
            (json.Arrivals[i] with { Content = null }).ShouldBe(csv.Arrivals[i] with { Content = null });
            json.Arrivals[i].Content!.Pieces.ShouldBe(csv.Arrivals[i].Content!.Pieces);
            json.Arrivals[i].Content!.Answer.ShouldBe(csv.Arrivals[i].Content!.Answer);
        }
    }

    [Theory]
    [InlineData(
        "1,109,1,a,,",
        "column promptTokens: \"109\"; expected at least the 110 of prompt and answer in front in se"
    )]
    [InlineData(
        "1,110,1,a,60,other",
        "column sharedPrefixTokens: \"60\"; expected the beginning of the session's first row"
    )]
    [InlineData("1,100,1,,61,help", "column sharedPrefixTokens: \"61\"; expected 60 as in line 2, or another prefixId")]
    [InlineData("1,100,1,,101,other", "column sharedPrefixTokens: \"101\"; expected at most the 100 of the prompt")]
    [InlineData("1,100,1,,,help", "column sharedPrefixTokens: nothing; expected tokens of what prefixId names")]
    [InlineData("1,100,1,,-1,", "column sharedPrefixTokens: \"-1\"; expected a whole number")]
    [InlineData("-1,100,1,,,", "column arrivalSeconds: \"-1\"; expected a time from 0")]
    [InlineData("1,0,1,,,", "column promptTokens: \"0\"; expected a whole number from 1")]
    public void A_row_that_cannot_be_is_named(string row, string problem) =>
        Refusal(Heading + "0,100,10,a,60,help\n" + row).ShouldStartWith($"trace: line 3, {problem}");

    [Fact]
    public void Sessions_that_would_take_more_memory_than_their_file_suggests_are_refused()
    {
        var text = new StringBuilder(Heading);
        for (var i = 0; i < 7_000; i++)
            text.Append(i).Append(',').Append(1 + 2 * i).Append(",1,a,,\n");

        // Row k brings the session to 2 k messages and answers, so n rows have n (n + 1): 20,003,256 at 4,472 rows.
        Refusal(text.ToString()).ShouldStartWith("trace: line 4473, column session: \"a\"; expected shorter sessions");
    }
}
