namespace Loadline.Simulation;

/// <summary>
/// Requests that wait to be admitted: lower priorities first, and of one priority first come first; preempted ones return in
/// front of those.
/// </summary>
internal sealed class WaitingLine
{
    private Sequence[] ring = new Sequence[64];
    private int first;

    public int Count { get; private set; }

    public Sequence First => ring[first];

    public void AddLast(Sequence sequence)
    {
        MakeRoom();
        Count++;
        var place = Count - 1;
        for (; place > 0 && At(place - 1).Priority > sequence.Priority; place--)
            At(place) = At(place - 1);
        At(place) = sequence;
    }

    public void AddFirst(Sequence sequence)
    {
        MakeRoom();
        first = (first - 1) & (ring.Length - 1);
        Count++;
        var place = 0;
        for (; place < Count - 1 && At(place + 1).Priority < sequence.Priority; place++)
            At(place) = At(place + 1);
        At(place) = sequence;
    }

    public Sequence TakeFirst()
    {
        var sequence = ring[first];
        ring[first] = null!;
        first = (first + 1) & (ring.Length - 1);
        Count--;
        return sequence;
    }

    private ref Sequence At(int place) => ref ring[(first + place) & (ring.Length - 1)];

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
