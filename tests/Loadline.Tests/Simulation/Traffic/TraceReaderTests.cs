using System.Globalization;
using System.Text;
using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class TraceReaderTests
{
    private const string AzureHeading = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    private const string BurstHeading = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n";

    private static readonly string[] Fragments =
    [
        .. "\n\r\",.:-+ 019eE{}[]\u20ac".Select(character => character.ToString()),
        "2023-11-16 18:15:46",
        "{\"timestamp\":",
        "\"input_length\":",
        "\"output_length\":",
        "\"hash_ids\":[",
        "1,2,3",
        "\"\\ud800\"",
        "null",
    ];

    private static Trace Read(string text) => TraceReader.Read("trace", new StringReader(text));

    private static string Refusal(string text) => Should.Throw<BadContentException>(() => Read(text)).Message;

    [Fact]
    public void Azure_times_count_from_the_first_request()
    {
        var trace = Read(
            AzureHeading
                + "2023-11-16 23:59:59.9805900,374,44\n"
                + "2023-11-16 23:59:59.9805900,396,0\r\n"
                + "2023-11-17 00:00:01.5000000,879,55"
        );

        trace.Format.ShouldBe("Azure LLM inference CSV");
        trace.Arrivals.ShouldBe([new(0, 374, 44), new(0, 396, 0), new(1.51941, 879, 55)]);
    }

    [Fact]
    public void Azure_times_of_2024_have_a_zone_and_a_fraction_when_there_is_one()
    {
        var trace = Read(
            AzureHeading
                + "2024-05-10 00:00:00.009930+00:00,2162,5\n"
                + "2024-05-10 00:00:02+00:00,2399,6\n"
                + "2024-05-10 02:00:03.5+02:00,76,15\n"
                + "2024-05-09 22:30:04-01:30,76,15\n"
        );

        trace.Arrivals.Select(arrival => arrival.Seconds).ShouldBe([0, 1.99007, 3.49007, 3.99007]);
    }

    [Theory]
    [InlineData(
        "2023-11-16 18:15:46.68059000,374,44",
        "column TIMESTAMP: \"2023-11-16 18:15:46.68059000\"; expected a"
    )]
    [InlineData("2023-11-16 18:15:46.,374,44", "column TIMESTAMP")]
    [InlineData("2023-13-16 18:15:46,374,44", "column TIMESTAMP")]
    [InlineData("2023-11-16 18:15:46+1,374,44", "column TIMESTAMP")]
    [InlineData("18:15:46,374,44", "column TIMESTAMP")]
    [InlineData(",374,44", "column TIMESTAMP: nothing; expected")]
    [InlineData("2023-11-16 18:15:45,374,44", "column TIMESTAMP: \"2023-11-16 18:15:45\"; expected a time not before")]
    [InlineData(
        "2523-11-16 18:15:46,374,44",
        "column TIMESTAMP: \"2523-11-16 18:15:46\"; expected at most 10000000000 s"
    )]
    [InlineData("2023-11-16 18:15:47,0,44", "column ContextTokens: \"0\"; expected a whole number from 1 to 100000000")]
    [InlineData("2023-11-16 18:15:47,-3,44", "column ContextTokens: \"-3\"; expected")]
    [InlineData("2023-11-16 18:15:47,100000001,44", "column ContextTokens: \"100000001\"; expected")]
    [InlineData("2023-11-16 18:15:47,99999999999,44", "column ContextTokens: \"99999999999\"; expected")]
    [InlineData("2023-11-16 18:15:47,12.5,44", "column ContextTokens: \"12.5\"; expected")]
    [InlineData("2023-11-16 18:15:47,12,NaN", "column GeneratedTokens: \"NaN\"; expected a whole number from 0")]
    [InlineData("2023-11-16 18:15:47,12,", "column GeneratedTokens: nothing; expected")]
    [InlineData("2023-11-16 18:15:47,12", "2 fields; expected 3 as in the heading")]
    [InlineData("2023-11-16 18:15:47,12,3,4", "4 fields; expected 3 as in the heading")]
    [InlineData("2023-11-16 18:15:47,12,\"3", "a quote that is not closed in its line; expected a closing quote")]
    [InlineData("2023-11-16 18:15:47,\"1\"2,3", "text behind a closing quote; expected a comma")]
    public void A_row_that_cannot_be_is_named(string row, string problem)
    {
        var message = Refusal(AzureHeading + "2023-11-16 18:15:46,374,44\n\n" + row + "\n");

        message.ShouldStartWith("trace: line 4");
        message.ShouldContain(problem);
    }

    [Fact]
    public void Fields_may_be_quoted_and_whole_numbers_end_in_a_zero_fraction()
    {
        var trace = Read("\ufeff" + AzureHeading + "\"2023-11-16 18:15:46\",\"374\",44.0\n");

        trace.Arrivals.ShouldBe([new(0, 374, 44)]);
    }

    [Fact]
    public void Failed_requests_of_BurstGPT_are_kept_without_an_answer()
    {
        var trace = Read(BurstHeading + "5,ChatGPT,472,18,490,Conversation log\n45.5,GPT-4,1087,0,1087,API log\n");

        trace.Format.ShouldBe("BurstGPT CSV");
        trace.Arrivals.ShouldBe([new(0, 472, 18), new(40.5, 1087, 0)]);
    }

    [Fact]
    public void Later_files_of_BurstGPT_have_sessions()
    {
        var trace = Read(
            "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
                + "19440110.0,1722ac82-0a46-4bf0-aa08-89794e7a2b3f,43,GPT-4,906,446,1352,Conversation log\n"
                + "19440161.0,,2,ChatGPT,36,29,65,API log\n"
        );

        trace.Arrivals.ShouldBe([new(0, 906, 446), new(51, 36, 29)]);
    }

    [Theory]
    [InlineData("-5", "column Timestamp: \"-5\"; expected a time from 0 to 10000000000 seconds")]
    [InlineData("NaN", "column Timestamp: \"NaN\"; expected a time")]
    [InlineData("abc", "column Timestamp: \"abc\"; expected a number")]
    [InlineData("1e11", "column Timestamp: \"1e11\"; expected a time")]
    [InlineData("1e999", "column Timestamp: \"1e999\"; expected a time")]
    [InlineData("3", "column Timestamp: \"3\"; expected a time not before that of the row in front")]
    public void Times_that_cannot_be_are_refused(string time, string problem) =>
        Refusal(BurstHeading + $"5,ChatGPT,472,18,490,API log\n{time},ChatGPT,472,18,490,API log\n")
            .ShouldStartWith($"trace: line 3, {problem}");

    [Theory]
    [InlineData("", "trace: an empty file; expected a request trace")]
    [InlineData("\n\r\n", "trace: an empty file; expected a request trace")]
    [InlineData(AzureHeading, "trace: a heading without rows; expected a request trace")]
    [InlineData(
        "a,b\n1,2\n",
        "trace: line 1: columns \"a, b\"; expected TIMESTAMP, ContextTokens, GeneratedTokens (Azure"
    )]
    [InlineData(
        "{\"a\":1}",
        "trace: line 1: names \"a\"; expected timestamp, input_length, output_length, hash_ids (M"
    )]
    [InlineData("{\"a\":", "trace: line 1, position ")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens,Id\n", "trace: line 1: column \"Id\"; expected columns among")]
    [InlineData(
        "TIMESTAMP,ContextTokens,GeneratedTokens,TIMESTAMP\n",
        "trace: line 1: column \"TIMESTAMP\" a second time"
    )]
    public void What_is_no_trace_is_refused(string text, string message) => Refusal(text).ShouldStartWith(message);

    [Fact]
    public void A_line_too_long_is_not_read_to_its_end()
    {
        var endless = new Endless(AzureHeading);

        Should
            .Throw<BadContentException>(() => TraceReader.Read("trace", endless))
            .Message.ShouldBe("trace: line 2: more than 1000000 characters; expected a row of a trace");
        endless.Given.ShouldBeLessThan(5_000_000);
    }

    [Fact]
    public void The_summary_is_that_of_the_requests()
    {
        // Prompts 1 to 101: the percentile p lies at place p of 0 to 100.
        var rows = Enumerable.Range(0, 101).Select(i => $"{i * 2},M,{101 - i},{i},101,API log\n");

        var summary = Read(BurstHeading + string.Concat(rows)).Summary;

        summary.Requests.ShouldBe(101);
        summary.Seconds.ShouldBe(200);
        summary.RequestsPerSecond.ShouldBe(0.5);
        summary.Prompt.ShouldBe(new LengthSummary(51, 51, 96, 100));
        summary.Output.ShouldBe(new LengthSummary(50, 50, 95, 99));
    }

    [Fact]
    public void Requests_that_all_arrive_at_once_have_no_rate() =>
        Read(BurstHeading + "5,M,2,3,5,API log\n5,M,2,3,5,API log\n").Summary.RequestsPerSecond.ShouldBeNull();

    [Fact]
    public void Rows_are_read_as_they_were_written_however_the_text_comes_in_pieces() =>
        Gen.Select(
                Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 1_000_000], Gen.Int[0, 9_999]).List[1, 50],
                Gen.Int[1, 40]
            )
            .Sample(
                (rows, step) =>
                {
                    var text = new StringBuilder(AzureHeading);
                    var start = new DateTime(2023, 11, 16, 18, 0, 0, DateTimeKind.Utc);
                    var ticks = 0L;
                    var expected = new List<Arrival>();
                    foreach (var (gap, prompt, output) in rows)
                    {
                        expected.Add(new Arrival(ticks / 1e7, prompt, output));
                        var time = start
                            .AddTicks(ticks)
                            .ToString("yyyy-MM-dd HH:mm:ss.fffffff", CultureInfo.InvariantCulture);
                        text.Append(time).Append(',').Append(prompt).Append(',').Append(output).Append('\n');
                        ticks += gap;
                    }
                    var read = TraceReader.Read("trace", new Dripping(text.ToString(), step)).Arrivals;
                    return read.SequenceEqual(expected);
                }
            );

    [Fact]
    public void Whatever_is_no_trace_is_refused_in_one_line() =>
        Gen.Select(
                Gen.OneOf("", AzureHeading, BurstHeading, "arrivalSeconds,promptTokens,outputTokens,session\n"),
                Gen.OneOf([.. Fragments]).Array[0, 40].Select(string.Concat)
            )
            .Sample(
                (heading, text) =>
                {
                    try
                    {
                        Read(heading + text);
                    }
                    catch (BadContentException problem)
                    {
                        problem.Message.ShouldNotContain("\n");
                    }
                },
                iter: 10_000
            );

    /// <summary>A heading and a row without an end.</summary>
    private sealed class Endless(string heading) : TextReader
    {
        public long Given { get; private set; }

        public override int Read(char[] buffer, int index, int count)
        {
            for (var i = 0; i < count; i++, Given++)
                buffer[index + i] = Given < heading.Length ? heading[(int)Given] : '1';
            return count;
        }
    }

    private sealed class Dripping(string text, int step) : TextReader
    {
        private int given;

        public override int Read(char[] buffer, int index, int count)
        {
            var length = Math.Min(Math.Min(count, step), text.Length - given);
            text.CopyTo(given, buffer, index, length);
            given += length;
            return length;
        }
    }
}
