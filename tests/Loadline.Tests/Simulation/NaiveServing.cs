using Loadline.Prediction;
using Loadline.Simulation;

namespace Loadline.Tests.Simulation;

/// <summary>
/// Continuous batching with chunked prefill, as plain as it can be written: one step after another, every one of them timed
/// operator by operator, room for everybody. Shares nothing with the simulator but the step.
/// </summary>
internal static class NaiveServing
{
    /// <summary>Mean time per token after the first, of the requests after so many.</summary>
    public static double MeanTpot(Deployment deployment, Arrival[] arrivals, int warmUp)
    {
        var step = new Step(deployment);
        var budget = deployment.Rules.MaximumBatchedTokens;
        var running = new List<Request>();
        var next = 0;
        var now = 0.0;
        var tpot = 0.0;
        while (next < arrivals.Length || running.Count > 0)
        {
            if (running.Count == 0)
                now = Math.Max(now, arrivals[next].Seconds);
            for (; next < arrivals.Length && arrivals[next].Seconds <= now; next++)
                running.Add(new Request(next, arrivals[next].PromptTokens, arrivals[next].OutputTokens));

            var decoding = running.Where(request => request.Computed == request.Prompt).ToList();
            var left = budget - decoding.Count;
            var chunks = new List<(Request Request, int Tokens)>();
            foreach (var request in running.Where(request => request.Computed < request.Prompt))
            {
                var tokens = Math.Min(left, request.Prompt - request.Computed);
                if (tokens > 0)
                    chunks.Add((request, tokens));
                left -= tokens;
            }
            now += Seconds(step, decoding, chunks);

            foreach (var request in decoding)
                request.Generated++;
            foreach (var (request, tokens) in chunks)
            {
                request.Computed += tokens;
                if (request.Computed < request.Prompt)
                    continue;
                request.Generated = 1;
                request.FirstToken = now;
            }
            foreach (var request in running.Where(request => request.Generated == request.Output))
            {
                if (request.Number >= warmUp)
                    tpot += (now - request.FirstToken) / (request.Output - 1);
            }
            running.RemoveAll(request => request.Generated == request.Output);
        }
        return tpot / (arrivals.Length - warmUp);
    }

    private static double Seconds(Step step, List<Request> decoding, List<(Request Request, int Tokens)> chunks)
    {
        // The token that is decoded reads all that are in the cache: the prompt and those generated before it, less the last.
        var context = decoding.Count == 0 ? 0 : decoding.Average(request => request.Prompt + request.Generated - 1.0);
        if (chunks.Count == 0)
            return step.TimeOf(StepShape.Decode(decoding.Count, context)).Seconds;
        var tokens = chunks.Sum(chunk => chunk.Tokens);
        // Prompts of equal length, of which at most one is in pieces: what is cached counts by the tokens that read it.
        var cached = chunks.Sum(chunk => (double)chunk.Tokens * chunk.Request.Computed) / tokens;
        var shape = new StepShape(tokens, cached, chunks.Count, decoding.Count, context);
        return Math.Max(step.TimeOf(shape).Seconds, step.PromptLaunchSeconds);
    }

    private sealed class Request(int number, int prompt, int output)
    {
        public int Number => number;
        public int Prompt => prompt;
        public int Output => output;
        public int Computed { get; set; }
        public int Generated { get; set; }
        public double FirstToken { get; set; }
    }
}
