namespace Loadline.Simulation;

/// <summary>Requests that wait to be admitted, first come first; preempted ones return to the front.</summary>
internal sealed class WaitingLine
{
    private Sequence[] ring = new Sequence[64];
    private int first;

    public int Count { get; private set; }

    public Sequence First => ring[first];

    public void AddLast(Sequence sequence)
    {
        MakeRoom();
        ring[(first + Count) & (ring.Length - 1)] = sequence;
        Count++;
    }

    public void AddFirst(Sequence sequence)
    {
        MakeRoom();
        first = (first - 1) & (ring.Length - 1);
        ring[first] = sequence;
        Count++;
    }

    public Sequence TakeFirst()
    {
        var sequence = ring[first];
        ring[first] = null!;
        first = (first + 1) & (ring.Length - 1);
        Count--;
        return sequence;
    }

    private void MakeRoom()
    {
        if (Count < ring.Length)
            return;
        var larger = new Sequence[2 * ring.Length];
        for (var i = 0; i < Count; i++)
            larger[i] = ring[(first + i) & (ring.Length - 1)];
        ring = larger;
        first = 0;
    }
}
