namespace Loadline.Simulation;

/// <summary>Means of a stretch of time.</summary>
/// <param name="Seconds">When it begins.</param>
/// <param name="Waiting">Requests in line.</param>
/// <param name="Running">Requests that are computed.</param>
/// <param name="CacheUse">Share of the cache blocks in use.</param>
public readonly record struct LoadPoint(double Seconds, double Waiting, double Running, double CacheUse);

/// <summary>
/// How the load of a replica changes, in equal stretches of time. They grow twice as long whenever there would be too many,
/// so a run of any length leaves between half and all of them.
/// </summary>
internal sealed class LoadOverTime
{
    private const int MostStretches = 128;

    private readonly double[] waiting = new double[MostStretches];
    private readonly double[] running = new double[MostStretches];
    private readonly double[] cache = new double[MostStretches];
    private double end;

    /// <summary>Length of a stretch in seconds.</summary>
    public double Width { get; private set; } = 1.0 / 64;

    /// <summary>Takes down a load that lasted from one time to another.</summary>
    public void Add(double from, double to, int waitingNow, int runningNow, double cacheUse)
    {
        while (to > Width * MostStretches)
            Halve();
        end = to;
        var first = (int)(from / Width);
        var last = Math.Min((int)(to / Width), MostStretches - 1);
        for (var i = first; i <= last; i++)
        {
            var seconds = Math.Min(to, (i + 1) * Width) - Math.Max(from, i * Width);
            waiting[i] += seconds * waitingNow;
            running[i] += seconds * runningNow;
            cache[i] += seconds * cacheUse;
        }
    }

    public IEnumerable<LoadPoint> Points()
    {
        for (var i = 0; i < MostStretches && i * Width < end; i++)
        {
            var seconds = Math.Min(Width, end - i * Width);
            yield return new LoadPoint(i * Width, waiting[i] / seconds, running[i] / seconds, cache[i] / seconds);
        }
    }

    private void Halve()
    {
        Merge(waiting);
        Merge(running);
        Merge(cache);
        Width *= 2;

        static void Merge(double[] values)
        {
            for (var i = 0; i < MostStretches / 2; i++)
                values[i] = values[2 * i] + values[2 * i + 1];
            Array.Clear(values, MostStretches / 2, MostStretches / 2);
        }
    }
}
