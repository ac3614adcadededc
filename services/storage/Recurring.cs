using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabrique.Storage;

/// <summary>Work that is done when the process starts, and again and again: after a while, or as soon as it is woken. What fails is told to the log and tried again in its turn.</summary>
/// <param name="every">From the end of one turn to the next, at the longest.</param>
/// <param name="wake">Begins the next turn at once; what was set during a turn too.</param>
public abstract partial class Recurring(TimeSpan every, TimeProvider clock, ILogger log, RecordSignal? wake = null) : BackgroundService
{
    private readonly RecordSignal _wake = wake ?? new RecordSignal(clock);

    protected TimeProvider Clock { get; } = clock;

    protected ILogger Log { get; } = log;

    /// <summary>Begins the next turn at once.</summary>
    public void Wake() => _wake.Set();

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = _wake.Next;
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(Log, GetType().Name.Split('`')[0], error);
            }
            await _wake.WaitAsync(next, every, stoppingToken);
        }
    }

    /// <summary>One turn. Doing it twice must do no harm.</summary>
    protected abstract Task RunAsync(CancellationToken cancellation);

    [LoggerMessage(LogLevel.Warning, "{Work} failed; it is tried again later")]
    private static partial void LogFailed(ILogger log, string work, Exception error);
}
