using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>
/// Fits what training attains by coordinate descent on the logarithms of rates, each setup once. Few constants stand
/// against many rows, and each is held near what it was taken to be before, so that one odd table moves little.
/// </summary>
internal sealed class TrainingFit(TrainingConstants start, ImmutableArray<TrainingParameter> parameters)
{
    /// <summary>Errors beyond this count a tenth: a table that measures something else must not decide.</summary>
    private const double Outlier = 0.6;

    /// <summary>Weight of a squared logarithm from the prior against the mean error.</summary>
    private const double PriorWeight = 0.001;

    private static readonly double[] Steps = [2, 1.3, 1.12, 1.05];

    public TrainingConstants Fit(IReadOnlyList<TrainingRow> rows)
    {
        var values = parameters.Select(parameter => parameter.Prior).ToArray();
        var constants = parameters.Aggregate(start, (all, parameter) => parameter.With(all, parameter.Prior));
        var errors = rows.Select(row => row.Error(constants)).ToArray();
        var keys = rows.Select((row, index) => (row.Key, index))
            .GroupBy(pair => pair.Key, pair => pair.index)
            .Select(group => group.ToArray())
            .ToArray();
        var concerned = parameters
            .Select(parameter =>
                Enumerable.Range(0, rows.Count).Where(index => parameter.Concerns(rows[index])).ToArray()
            )
            .ToArray();
        var best = Loss(errors, keys, values);
        foreach (var step in Steps)
        {
            for (var place = 0; place < parameters.Length; place++)
            {
                if (concerned[place].Length == 0)
                    continue;
                foreach (var factor in new[] { step, 1 / step })
                {
                    while (true)
                    {
                        var parameter = parameters[place];
                        var tried = values[place] * factor;
                        if (tried < parameter.Low || tried > parameter.High)
                            break;
                        var changed = parameter.With(constants, tried);
                        var moved = (double[])errors.Clone();
                        foreach (var index in concerned[place])
                            moved[index] = rows[index].Error(changed);
                        var old = values[place];
                        values[place] = tried;
                        var loss = Loss(moved, keys, values);
                        if (loss >= best - 1e-5)
                        {
                            values[place] = old;
                            break;
                        }
                        (best, errors, constants) = (loss, moved, changed);
                    }
                }
            }
        }
        return constants;
    }

    private double Loss(double[] errors, int[][] keys, double[] values)
    {
        var sum = 0.0;
        foreach (var key in keys)
        {
            var error = Sample.Median(key.Select(index => Math.Abs(errors[index])));
            sum += Math.Min(Outlier, error) + Math.Max(0, error - Outlier) / 10;
        }
        var prior = 0.0;
        for (var place = 0; place < values.Length; place++)
            prior += Math.Pow(Math.Log(values[place] / parameters[place].Prior), 2);
        return sum / keys.Length + PriorWeight * prior;
    }
}
