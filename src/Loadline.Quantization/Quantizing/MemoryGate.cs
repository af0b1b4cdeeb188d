namespace Loadline.Quantization;

/// <summary>Lets several threads hold large buffers as long as together they stay under a limit; one may always.</summary>
internal sealed class MemoryGate(long limit)
{
    private readonly object gate = new();
    private long used;

    public void Enter(long bytes)
    {
        lock (gate)
        {
            while (used > 0 && used + bytes > limit)
                Monitor.Wait(gate);
            used += bytes;
        }
    }

    public void Leave(long bytes)
    {
        lock (gate)
        {
            used -= bytes;
            Monitor.PulseAll(gate);
        }
    }
}
