using RabbitMQ.Client;

namespace Fabrique.Sidecar;

/// <summary>
/// Tells the broker which messages of a channel are done. Those that end together go together: one word for all that have none under way
/// before them, and one each for the others, which do not wait for a slow one.
/// </summary>
internal sealed class Acknowledgements(IChannel channel)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ulong> _settled = [];
    private List<ulong> _waiting = [];
    private ulong _allUpTo;
    private Task _telling = Task.CompletedTask;

    /// <summary>Completes when the broker has been told.</summary>
    /// <param name="tag">The message's number on the channel, which counts from 1.</param>
    public Task AcknowledgeAsync(ulong tag)
    {
        lock (_lock)
        {
            _waiting.Add(tag);
            return _waiting.Count > 1 ? _telling : _telling = TellAsync(_telling);
        }
    }

    /// <summary>The broker was told something else about the message.</summary>
    public void Pass(ulong tag)
    {
        lock (_lock)
        {
            Settle(tag);
        }
    }

    private async Task TellAsync(Task before)
    {
        // A number that the broker knows no more closes the channel: never two at a time.
        await before;
        await Task.Yield();
        List<ulong> alone;
        ulong last;
        var together = 0;
        lock (_lock)
        {
            (var done, _waiting) = (_waiting, []);
            done.ForEach(Settle);
            alone = done.FindAll(tag => tag > _allUpTo);
            (last, together) = (done.Where(tag => tag <= _allUpTo).DefaultIfEmpty().Max(), done.Count - alone.Count);
        }
        if (together > 0)
        {
            await channel.BasicAckAsync(last, multiple: together > 1);
        }
        foreach (var tag in alone)
        {
            await channel.BasicAckAsync(tag, multiple: false);
        }
    }

    private void Settle(ulong tag)
    {
        _settled.Add(tag);
        while (_settled.Remove(_allUpTo + 1))
        {
            _allUpTo++;
        }
    }
}
