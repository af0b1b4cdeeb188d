using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>A word of the field in one line.</summary>
/// <param name="Name">As the explanation begins.</param>
/// <param name="Meaning">The rest of the line.</param>
/// <param name="Words">What a text says when it means it.</param>
internal sealed record Term(string Name, string Meaning, params ImmutableArray<string> Words);

/// <summary>Explains each term where a report first uses it, whoever wrote the sentence.</summary>
internal sealed class Glossary
{
    private static readonly ImmutableArray<Term> Terms =
    [
        new("p50, p90, p95, p99", "so many of 100 requests are at least this fast.", "p50", "p90", "p95", "p99"),
        new(
            "TTFT, time to first token",
            "from the question to the first words of the answer.",
            "ttft",
            "time to first token",
            "first token"
        ),
        new(
            "TPOT, time per output token",
            "the pace at which the answer appears.",
            "tpot",
            "time per output token",
            "time per token",
            "each further token"
        ),
        new("End to end", "from the question to the last word of the answer.", "end-to-end", "end to end"),
        new(
            "Token",
            "a piece of a word, which models read and write; 100 tokens are about 75 English words.",
            "token",
            "tokens"
        ),
        new(
            "Prompt",
            "all the text a model is given: instructions, documents, the conversation so far.",
            "prompt",
            "prompts"
        ),
        new("Request", "one question with its answer.", "request", "requests"),
        new("In flight", "being answered at the same moment.", "in flight"),
        new(
            "Busiest hour",
            "the hour of the month with the most requests, which the machines have to carry.",
            "busiest hour",
            "peak"
        ),
        new("Hosted API", "a provider runs the model and charges by the token.", "hosted api", "api"),
        new("On demand", "rented by the hour, without a commitment.", "on demand"),
        new("Commitment", "rented for a term at a lower price, and owed to its end.", "commitment", "committed"),
        new("Break-even", "the month from which one way has cost less than another.", "break-even"),
        new("Replica", "one working copy of the model; several share the requests.", "replica", "replicas"),
        new("Device", "one accelerator (GPU); a machine holds one or several.", "device", "devices", "gpu", "gpus"),
        new("Tensor parallel", "every layer of the model is split over so many devices.", "tensor parallel"),
        new("Pipeline parallel", "the layers of the model are dealt out to so many devices.", "pipeline parallel"),
        new("Expert parallel", "the experts of the model are dealt out to so many devices.", "expert parallel"),
        new("Data parallel", "copies of a part of the model share the requests.", "data parallel"),
        new(
            "Engine",
            "the program that runs the model and answers requests.",
            "engine",
            "vllm",
            "sglang",
            "tensorrt-llm",
            "llama.cpp"
        ),
        new("Weights", "the numbers a model consists of.", "weights", "weight"),
        new(
            "Cache",
            "(KV cache) what the model keeps of each conversation, so as not to read it again for every token.",
            "cache",
            "kv cache"
        ),
        new("Activations", "intermediate results while tokens are computed.", "activations"),
        new("GiB", "gibibyte, 1,073,741,824 bytes.", "gib"),
        new(
            "Format",
            "(quantization) how many bits a number of the model is stored in: bf16 has 16, fp8 and int8 have 8, int4 and nvfp4 have 4.",
            "bf16",
            "fp16",
            "fp8",
            "int8",
            "int4",
            "nvfp4",
            "mxfp4",
            "q4_k_m",
            "format",
            "formats",
            "quantization"
        ),
        new(
            "Loss of score",
            "the share of a task score that a narrower format costs.",
            "loss of score",
            "loss of a task score",
            "of a task score"
        ),
        new("Horizon", "the last month that is planned for.", "horizon"),
        new("Growth", "the factor by which the load grows in a year.", "growth"),
        new("Draw", "one random choice of everything that is uncertain.", "draws", "draw"),
        new("Seed", "the number that makes random draws repeatable.", "seed"),
    ];

    private readonly HashSet<Term> explained = [];

    /// <summary>The terms that a text uses and no text before it did, in the order of its words.</summary>
    public ImmutableArray<Term> FirstUsedIn(string text)
    {
        var found = Terms
            .Where(term => !explained.Contains(term))
            .Select(term => (Term: term, At: PlaceOf(term, text)))
            .Where(found => found.At >= 0)
            .OrderBy(found => found.At)
            .Select(found => found.Term)
            .ToImmutableArray();
        explained.UnionWith(found);
        return found;
    }

    private static int PlaceOf(Term term, string text)
    {
        var places = term.Words.Select(word => PlaceOf(word, text)).Where(place => place >= 0).ToList();
        return places.Count == 0 ? -1 : places.Min();
    }

    /// <summary>Of a whole word.</summary>
    private static int PlaceOf(string word, string text)
    {
        for (var at = 0; (at = text.IndexOf(word, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            var end = at + word.Length;
            if ((at == 0 || !IsOfWord(text[at - 1])) && (end == text.Length || !IsOfWord(text[end])))
                return at;
        }
        return -1;
    }

    private static bool IsOfWord(char character) => char.IsLetterOrDigit(character) || character is '_' or '-';
}
