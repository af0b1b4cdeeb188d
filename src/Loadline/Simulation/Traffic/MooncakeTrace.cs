using System.Collections.Immutable;

namespace Loadline.Simulation;

/// <summary>Traces of Kimi: times, lengths and what prompts share, block by block.</summary>
/// <remarks>
/// Qin et al., "Mooncake", FAST 2025; https://github.com/kvcache-ai/Mooncake. An id stands for the hash of up to 512
/// tokens and all in front of them. A file in which one id stands for two different beginnings is refused.
/// </remarks>
internal static class MooncakeTrace
{
    private const int BlockTokens = 512;
    private const double Millisecond = 1e-3;

    private const int Timestamp = 0;
    private const int InputLength = 1;
    private const int OutputLength = 2;
    private const int HashIds = 3;

    public static readonly TraceFormat Format = new(
        "Mooncake JSONL",
        IsJson: true,
        [new("timestamp"), new("input_length"), new("output_length"), new("hash_ids", TraceValue.List)],
        (rows, trace) => Read((JsonTraceRows)rows, trace)
    );

    private static void Read(JsonTraceRows rows, TraceBuilder trace)
    {
        var blocks = new Blocks();
        double? start = null;
        while (rows.Next())
        {
            var seconds = rows.Seconds(Timestamp, Millisecond);
            seconds -= start ??= seconds;
            var prompt = rows.Tokens(InputLength, least: 1);
            var arrival = new Arrival(seconds, prompt, rows.Tokens(OutputLength))
            {
                Content = blocks.ContentOf(rows, prompt),
            };
            trace.Add(rows, Timestamp, arrival);
        }
    }

    private readonly record struct Block(long Number, long Before, int Tokens, long Line);

    private sealed class Blocks
    {
        private const long Nothing = -1;

        private readonly Dictionary<long, Block> blocks = [];

        /// <summary>By the number of the last block, which stands for all in front of it.</summary>
        private readonly Dictionary<long, PromptContent> contents = [];

        public PromptContent ContentOf(JsonTraceRows row, int prompt)
        {
            var ids = row.List;
            var expected = (prompt + BlockTokens - 1) / BlockTokens;
            if (ids.Count != expected)
                throw row.Wrong(HashIds, $"{ids.Count} blocks", $"{expected} of {BlockTokens} for {prompt} tokens");

            var pieces = ImmutableArray.CreateBuilder<ContentPiece>(ids.Count);
            var before = Nothing;
            foreach (var id in ids)
            {
                var tokens = Math.Min(BlockTokens, prompt - pieces.Count * BlockTokens);
                before = Number(row, id, before, tokens);
                pieces.Add(new ContentPiece(before, tokens));
            }
            if (!contents.TryGetValue(before, out var content))
            {
                content = new PromptContent(pieces.MoveToImmutable());
                contents.Add(before, content);
            }
            return content;
        }

        /// <summary>Blocks are numbered in the order they come, as they are in Mooncake's own files.</summary>
        private long Number(JsonTraceRows row, long id, long before, int tokens)
        {
            if (!blocks.TryGetValue(id, out var block))
            {
                block = new Block(blocks.Count, before, tokens, row.Line);
                blocks.Add(id, block);
            }
            if (block.Before != before || block.Tokens != tokens)
                throw row.Wrong(
                    HashIds,
                    $"block {id} with {tokens} tokens behind others",
                    $"its {block.Tokens} tokens behind the same blocks as in line {block.Line}"
                );
            return block.Number;
        }
    }
}
