using System.Globalization;
using Loadline.Fuzz;

// Loadline.Fuzz [TARGET ...] [--inputs N] [--seed S] [--keep DIR]; exit code 1 when anything was found.
var inputs = 10_000_000L;
var seed = 1;
var keep = Path.Combine(Path.GetTempPath(), "loadline-fuzz");
var names = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--inputs":
            inputs = long.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        case "--keep":
            keep = args[++i];
            break;
        default:
            names.Add(args[i]);
            break;
    }
}

var findings = 0;
foreach (var target in FuzzTargets.All.Where(target => names.Count == 0 || names.Contains(target.Name)))
{
    using var run = new FuzzRun(target, seed, keep);
    findings += run.Execute(inputs);
}
return findings == 0 ? 0 : 1;
