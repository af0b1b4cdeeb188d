using Loadline.Accuracy;
using Loadline.Prediction;

// Loadline.Accuracy sample PUBLISHED.csv > measurements/inference.csv
// Loadline.Accuracy sample-training TRAINING.csv > measurements/training.csv
// Loadline.Accuracy report [--full PUBLISHED.csv]   writes docs/accuracy.md and its images, or docs/accuracy-full-run.md
const string Usage =
    "Loadline.Accuracy sample PUBLISHED.csv | sample-training TRAINING.csv | report [--full PUBLISHED.csv]";

switch (args)
{
    case ["sample", var file]:
        Console.Out.NewLine = "\n";
        new SampleWriter(Console.Out).Write(Sampler.Choose(Read(file)));
        return 0;
    case ["sample-training", var file]:
        Console.Out.NewLine = "\n";
        TrainingSampler.Write(Read(file), Console.Out);
        return 0;
    case ["report"]:
        foreach (var (path, text) in new AccuracyPages(RepositoryFolder.Find()).Current())
            File.WriteAllText(path, text);
        return 0;
    case ["report", "--full", var file]:
        var (page, content) = new AccuracyPages(RepositoryFolder.Find()).FullRun(Read(file), TimeProvider.System);
        File.WriteAllText(page, content);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static CsvTable Read(string file)
{
    using var text = File.OpenText(file);
    return CsvTable.Read(Path.GetFileName(file), text);
}
