using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class MooncakeTraceTests
{
    private static string Row(int time, int input, int output, string ids) =>
        $$"""{"timestamp": {{time}}, "input_length": {{input}}, "output_length": {{output}}, "hash_ids": [{{ids}}]}"""
        + "\n";

    private static Trace Read(string text) => TraceReader.Read("trace", new StringReader(text));

    private static string Refusal(string text) => Should.Throw<BadContentException>(() => Read(text)).Message;

    [Fact]
    public void Blocks_are_pieces_of_512_tokens_and_the_rest()
    {
        var trace = Read(Row(0, 1100, 500, "0, 1, 2") + Row(1500, 1024, 3, "0, 1") + Row(1500, 600, 0, "0, 7"));

        trace.Format.ShouldBe("Mooncake JSONL");
        trace.Arrivals.Select(arrival => arrival.Seconds).ShouldBe([0, 1.5, 1.5]);
        trace.Arrivals.Select(arrival => arrival.PromptTokens).ShouldBe([1100, 1024, 600]);
        trace.Arrivals.Select(arrival => arrival.OutputTokens).ShouldBe([500, 3, 0]);
        // 1,100 = 2 x 512 + 76 and 600 = 512 + 88.
        trace.Arrivals[0].Content!.Pieces.ShouldBe([new(0, 512), new(1, 512), new(2, 76)]);
        trace.Arrivals[1].Content!.Pieces.ShouldBe([new(0, 512), new(1, 512)]);
        trace.Arrivals[2].Content!.Pieces.ShouldBe([new(0, 512), new(3, 88)]);
        trace.Arrivals[0].Content!.Answer.ShouldBeNull();
    }

    [Fact]
    public void Prompts_that_are_the_same_have_one_content()
    {
        var trace = Read(Row(0, 600, 5, "8, 9") + Row(1, 600, 7, "8, 9"));

        trace.Arrivals[1].Content.ShouldBeSameAs(trace.Arrivals[0].Content);
    }

    [Fact]
    public void Ids_may_be_any_whole_numbers()
    {
        var trace = Read(Row(0, 600, 5, "-9223372036854775808, 9223372036854775807"));

        trace.Arrivals[0].Content!.Pieces.ShouldBe([new(0, 512), new(1, 88)]);
    }

    [Theory]
    [InlineData(513, "0", "1 blocks; expected 2 of 512 for 513 tokens")]
    [InlineData(512, "0, 1", "2 blocks; expected 1 of 512 for 512 tokens")]
    [InlineData(512, "", "0 blocks; expected 1 of 512 for 512 tokens")]
    [InlineData(
        600,
        "5, 6",
        "block 6 with 88 tokens behind others; expected its 512 tokens behind the same blocks as in line 1"
    )]
    [InlineData(1536, "6, 5, 7", "block 6 with 512 tokens behind others")]
    [InlineData(1536, "5, 5, 7", "block 5 with 512 tokens behind others")]
    [InlineData(512, "1.5", "\"1.5\"; expected whole numbers")]
    [InlineData(512, "9223372036854775808", "\"9223372036854775808\"; expected whole numbers")]
    [InlineData(512, "\"a\"", "\"a\"; expected whole numbers")]
    [InlineData(512, "[1]", "\"[\"; expected whole numbers")]
    public void Blocks_that_cannot_be_are_refused(int input, string ids, string problem) =>
        Refusal(Row(0, 1024, 5, "5, 6") + Row(1, input, 5, ids))
            .ShouldStartWith($"trace: line 2, column hash_ids: {problem}");

    [Theory]
    [InlineData("""{"timestamp":1,"input_length":1,"output_length":1}""", "column hash_ids: 0 blocks")]
    [InlineData(
        """{"timestamp":1,"input_length":1,"output_length":1,"hash_ids":7}""",
        "column hash_ids: a JSON Number"
    )]
    [InlineData("""{"timestamp":1,"output_length":1,"hash_ids":[7]}""", "column input_length: nothing; expected")]
    [InlineData("""{"timestamp":1,"input_length":0,"output_length":1,"hash_ids":[]}""", "column input_length: \"0\"")]
    [InlineData("""{"timestamp":null,"input_length":1}""", "column timestamp: nothing; expected a number")]
    [InlineData("""{"timestamp":"1","input_length":1}""", "column timestamp: a JSON String; expected a number")]
    [InlineData("""{"timestamp":NaN,"input_length":1}""", "position 14: ")]
    [InlineData("""{"timestamp":1e14,"input_length":1}""", "column timestamp: \"1e14\"; expected a time")]
    [InlineData("""{"timestamp":1,"timestamp":1}""", "column timestamp: a second time; expected each name once")]
    [InlineData(
        """{"timestamp":1,"input_length":1,"turn":2}""",
        ": \"turn\"; expected names among timestamp, input_length"
    )]
    [InlineData("""{"timestamp":1}}""", "position 16: ")]
    [InlineData("""{"timestamp":1} {}""", "position 17: ")]
    [InlineData("""{"timestamp":1""", "position 15: ")]
    [InlineData("""{"\ud800":1}""", "position 2: a string with half a surrogate pair")]
    [InlineData("""[1]""", ": \"[1]\"; expected a JSON object")]
    public void A_line_that_cannot_be_is_named(string line, string problem)
    {
        var message = Refusal(Row(0, 512, 5, "0") + line);

        message.ShouldStartWith("trace: line 2");
        message.ShouldContain(problem);
    }
}
