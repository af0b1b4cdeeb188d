using System.Diagnostics;
using System.Globalization;

namespace Loadline.Fuzz;

/// <summary>
/// Feeds one reader: whatever comes, it reads the input or throws the named exception, within a second and within
/// bounded memory. Inputs that break this are kept as files.
/// </summary>
internal sealed class FuzzRun : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Past this the case will not end; the process does.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FuzzTarget target;
    private readonly int seed;
    private readonly string folder;
    private readonly Dictionary<string, long> findings = [];
    private readonly Timer watchdog;
    private byte[] current = [];
    private long started;
    private long worstAllocation;
    private TimeSpan worstTime;

    public FuzzRun(FuzzTarget target, int seed, string folder)
    {
        this.target = target;
        this.seed = seed;
        this.folder = folder;
        watchdog = new Timer(_ => EndHang(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
    }

    public void Dispose() => watchdog.Dispose();

    /// <returns>Kinds of failure found.</returns>
    public int Execute(long inputs)
    {
        var mutator = new Mutator(target.Kind, target.Seeds, seed);
        var refused = 0L;
        foreach (var sound in target.Seeds)
            refused += Try(sound) ? 0 : 1;
        var soundSeeds = target.Seeds.Count - refused;

        refused = 0;
        var watch = Stopwatch.StartNew();
        for (var i = 0L; i < inputs; i++)
            refused += Try(mutator.Next()) ? 0 : 1;
        watch.Stop();

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{target.Name}: {target.Seeds.Count} seeds ({soundSeeds} sound), seed number {seed}, {inputs:N0} inputs, "
                    + $"{refused:N0} refused, {inputs / watch.Elapsed.TotalSeconds:N0} inputs/s, "
                    + $"most allocated beyond four times the input {worstAllocation:N0} bytes, "
                    + $"slowest {worstTime.TotalMilliseconds:N1} ms, {findings.Count} kinds of failure"
            )
        );
        foreach (var (what, times) in findings)
            Console.WriteLine($"  {times} x {what}");
        return findings.Count;
    }

    /// <returns>True when the input was read, false when it was refused.</returns>
    private bool Try(byte[] input)
    {
        current = input;
        Volatile.Write(ref started, Stopwatch.GetTimestamp());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isRead = false;
        try
        {
            target.Read(input);
            isRead = true;
        }
        catch (BadContentException exception)
        {
            if (exception.Message.Contains('\n', StringComparison.Ordinal))
                Note("a message of several lines", input);
        }
        catch (UnknownNameException) { }
#pragma warning disable CA1031 // What else may come is what this program looks for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var frame = exception
                .StackTrace?.Split('\n')
                .FirstOrDefault(line => line.Contains("Loadline.", StringComparison.Ordinal));
            Note($"{exception.GetType().Name} {frame?.Trim()}", input, exception.Message.Split('\n')[0]);
        }
        var beyond = GC.GetAllocatedBytesForCurrentThread() - before - 4L * input.Length;
        var elapsed = Stopwatch.GetElapsedTime(Volatile.Read(ref started));
        Volatile.Write(ref started, 0);
        if (beyond > worstAllocation)
            worstAllocation = beyond;
        if (beyond > target.Allowance)
            Note("more memory than allowed", input, $"{beyond}");
        if (elapsed > worstTime)
            worstTime = elapsed;
        if (elapsed > Patience)
            Note("more than a second", input, elapsed.ToString());
        return isRead;
    }

    private void Note(string what, byte[] input, string detail = "")
    {
        if (findings.TryGetValue(what, out var times))
        {
            findings[what] = times + 1;
            return;
        }
        findings[what] = 1;
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{target.Name}-{findings.Count}.bin");
        File.WriteAllBytes(file, input);
        Console.WriteLine($"{target.Name}: {what} {detail}; kept as {file}");
    }

    private void EndHang()
    {
        var since = Volatile.Read(ref started);
        if (since == 0 || Stopwatch.GetElapsedTime(since) < Hang)
            return;
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{target.Name}-hang.bin");
        File.WriteAllBytes(file, current);
        Console.WriteLine($"{target.Name}: no end after {Hang}; kept as {file}");
        Environment.Exit(1);
    }
}
