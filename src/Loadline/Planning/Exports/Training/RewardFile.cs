namespace Loadline.Planning;

/// <summary>A reward that compares the last line of an answer with the one that is known, to be replaced by one's own.</summary>
internal static class RewardFile
{
    public const string Name = "rewards.py";

    public static IEnumerable<ExportFile> Write(TrainingExport export)
    {
        if (export.Job.IsReinforcement)
            yield return new ExportFile(Name, Text, IsExecutable: false);
    }

    private const string Text = """
        # 1 where the last line of an answer is the known one, else 0. Put your own check here:
        # what it lets pass is what the model will learn.


        def check(text, known):
            lines = [line.strip() for line in str(text).splitlines() if line.strip()]
            return 1.0 if lines and lines[-1] == str(known).strip() else 0.0


        def score(completions, answer, **columns):
            # TRL: one number per completion; answer is a column of the data.
            texts = [c if isinstance(c, str) else c[-1]["content"] for c in completions]
            return [check(text, known) for text, known in zip(texts, answer)]


        def compute_score(data_source, solution_str, ground_truth, extra_info=None, **rest):
            # verl: one number for one answer.
            return check(solution_str, ground_truth)

        """;
}
