using System.Text.Json;
using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>
/// The times of every request of one run of vLLM: a CSV with <c>request, arrival_s, input_tokens, output_tokens,
/// scheduled_s, first_token_s, last_token_s</c>, and a JSON of the same name that says what ran.
/// </summary>
public static class RequestTimesFile
{
    private static readonly string[] Columns =
    [
        "request",
        "arrival_s",
        "input_tokens",
        "output_tokens",
        "first_token_s",
        "last_token_s",
    ];

    public static bool IsOne(CsvTable table) => table.HasColumns(Columns);

    /// <exception cref="BadContentException">A time or length is not sound, or the description lacks something.</exception>
    public static MeasuredRun Read(CsvTable table, string descriptionFile, string description)
    {
        var records = new List<RequestRecord>();
        foreach (var row in table.Rows)
            records.Add(RecordOf(row));
        if (records.Count == 0)
            throw new BadContentException(table.File, "", "no requests", "a row for each");
        records.Sort((one, other) => one.ArrivalSeconds.CompareTo(other.ArrivalSeconds));

        var run = new DescriptionFile(descriptionFile, description);
        return new MeasuredRun
        {
            Id = Path.GetFileNameWithoutExtension(table.File),
            Model = run.Text("model"),
            Accelerator = run.Text("accelerator"),
            Engine = run.Text("engine").Replace(' ', '@'),
            Precision = null,
            Parallelism = run.Parallelism,
            LongestSequence = run.Number("engine_kwargs", "max_model_len"),
            Scheduling = new SchedulingOverrides
            {
                MaximumSequences = (int?)run.Number("engine_kwargs", "max_num_seqs"),
                StepTokens = (int?)run.Number("engine_kwargs", "max_num_batched_tokens"),
                CacheTokens = run.Number("kv_cache", "num_kv_tokens"),
            },
            Arrivals = [.. records.Select(record => Of(record))],
            Windows = [new MeasuredWindow("", 0, double.PositiveInfinity, [.. Measured(records)])],
        };
    }

    private static Arrival Of(in RequestRecord record) =>
        new(record.ArrivalSeconds, record.PromptTokens, record.OutputTokens);

    private static RequestRecord RecordOf(CsvRow row)
    {
        const long MostTokens = 100_000_000;
        var arrival = row.Number("arrival_s") ?? throw row.Wrong("arrival_s", "empty", "seconds");
        var first = row.AboveZero("first_token_s");
        var last = row.AboveZero("last_token_s");
        if (arrival < 0)
            throw row.Wrong("arrival_s", $"{arrival}", "seconds from the start of the run");
        if (first < arrival)
            throw row.Wrong("first_token_s", $"{first}", $"a time after the arrival at {arrival}");
        if (last < first)
            throw row.Wrong("last_token_s", $"{last}", $"a time after the first token at {first}");
        return new RequestRecord
        {
            ArrivalSeconds = arrival,
            PromptTokens = Tokens("input_tokens"),
            OutputTokens = Tokens("output_tokens"),
            FirstTokenSeconds = first,
            LastTokenSeconds = last,
        };

        int Tokens(string column) =>
            row.WholeNumber(column) is >= 1 and <= MostTokens and var count
                ? (int)count
                : throw row.Wrong(column, row[column] ?? "empty", $"1 to {MostTokens} tokens");
    }

    private static IEnumerable<MeasuredTime> Measured(List<RequestRecord> records)
    {
        foreach (var quantity in (string[])["ttft", "tpot", "e2e"])
        {
            foreach (var statistic in (string[])["mean", "p50", "p90", "p95", "p99"])
            {
                var blank = new MeasuredTime(quantity, statistic, 0);
                var value = blank.Of(records.ToArray());
                if (value > 0)
                    yield return blank with
                    {
                        Seconds = value,
                    };
            }
        }
    }

    /// <summary>What ran, as LLMServingSim writes it down.</summary>
    private sealed class DescriptionFile
    {
        private readonly string file;
        private readonly JsonElement root;

        public DescriptionFile(string file, string text)
        {
            this.file = file;
            try
            {
                root = JsonDocument.Parse(text).RootElement;
            }
            catch (JsonException exception)
            {
                throw new BadContentException(file, "", exception.Message, "JSON");
            }
        }

        public Parallelism Parallelism
        {
            get
            {
                var tensor = (int)(Number("engine_kwargs", "tensor_parallel_size") ?? 1);
                var data = (int)(Number("engine_kwargs", "data_parallel_size") ?? 1);
                var spreadsExperts =
                    root.TryGetProperty("engine_kwargs", out var settings)
                    && settings.TryGetProperty("enable_expert_parallel", out var enabled)
                    && enabled.ValueKind == JsonValueKind.True;
                return new Parallelism(tensor, 1, spreadsExperts ? tensor * data : 1, data);
            }
        }

        public string Text(string name) =>
            root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new BadContentException(file, name, "nothing", "a text");

        public long? Number(string section, string name)
        {
            if (
                !root.TryGetProperty(section, out var group)
                || group.ValueKind != JsonValueKind.Object
                || !group.TryGetProperty(name, out var value)
                || value.ValueKind == JsonValueKind.Null
            )
                return null;
            return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number > 0
                ? number
                : throw new BadContentException(file, $"{section}.{name}", value.ToString(), "a number above 0");
        }
    }
}
