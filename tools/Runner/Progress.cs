namespace Fabrique.Runner;

/// <summary>
/// Whether a process that is not healthy yet is on its way: it computes, or its health page says what it has not said before, such as how
/// far an index is. A fixed time would give up a slow machine that only needs longer, and wait for a process that hangs.
/// </summary>
internal sealed class Progress(TimeSpan patience, TimeProvider clock)
{
    /// <summary>Without progress for so long, a process is given up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HashSet<int> _said = [];
    private TimeSpan _used;
    private long _since = clock.GetTimestamp();

    /// <summary>A thirtieth of one processor: a process that only waits and is asked how it is uses less.</summary>
    private TimeSpan Work => patience / 30;

    public bool IsStalled => clock.GetElapsedTime(_since) > patience;

    /// <param name="used">Processor time since its start. One that starts again and again has to get further than before.</param>
    /// <param name="said">The whole of its health page.</param>
    public void Note(TimeSpan used, string said)
    {
        var news = _said.Add(said.GetHashCode(StringComparison.Ordinal));
        if (news || used - _used >= Work)
        {
            (_used, _since) = (used > _used ? used : _used, clock.GetTimestamp());
        }
    }
}
