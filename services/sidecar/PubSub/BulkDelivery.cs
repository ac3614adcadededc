using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Fabrique.Sidecar;

/// <summary>
/// Brings several events to a replica in one request. While one is under way, what arrives waits and goes with the next: an event on its
/// own leaves at once, where daprd waits <c>maxAwaitDurationMs</c> for company, and the busier the topic, the fuller the requests. Each
/// event keeps its own verdict and its own attempts.
/// </summary>
internal sealed class BulkDelivery(AppClient client, Subscription subscription, Replica replica, string path)
{
    private const int MostBytes = DaprBase.MaxBodySize * 2;

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private bool _isBusy;

    /// <summary>The app's answer for this event; the verdict is null when it has no such route.</summary>
    /// <exception cref="HttpRequestException">The replica could not be reached.</exception>
    /// <exception cref="OperationCanceledException">
    /// No answer within <paramref name="timeout"/>, or <paramref name="stopping"/>.
    /// </exception>
    public Task<AppAnswer> PostAsync(ReadOnlyMemory<byte> envelope, TimeSpan timeout, CancellationToken stopping)
    {
        var waiting = new Waiting(envelope);
        lock (_lock)
        {
            _waiting.Enqueue(waiting);
            if (_isBusy)
            {
                return waiting.Answer;
            }
            _isBusy = true;
        }
        // Of its own: it ends when nobody waits any more, long after this event has its answer.
        _ = DrainAsync(timeout, stopping);
        return waiting.Answer;
    }

    [SuppressMessage(
        "Design",
        "CA1031",
        Justification = "Whatever fails is the answer of those who wait, and they know which failures count."
    )]
    private async Task DrainAsync(TimeSpan timeout, CancellationToken stopping)
    {
        var batch = Take();
        var sending = SendAsync(batch, timeout, stopping);
        while (batch.Count > 0)
        {
            var (sent, answers, failure) = (batch, Array.Empty<AppAnswer>(), (Exception?)null);
            try
            {
                answers = await sending;
            }
            catch (Exception error)
            {
                failure = error;
            }
            // The next are on their way before those that have their answer go on.
            batch = Take();
            sending = batch.Count > 0 ? SendAsync(batch, timeout, stopping) : sending;
            for (var at = 0; at < sent.Count; at++)
            {
                sent[at].Tell(failure, answers.ElementAtOrDefault(at));
            }
        }
    }

    private List<Waiting> Take()
    {
        lock (_lock)
        {
            var batch = new List<Waiting>();
            var most = subscription.Declaration.BulkSubscribe!.Most;
            var bytes = 0;
            // Together not more than an app takes in one request; one alone goes however large it is.
            while (
                batch.Count < most && _waiting.TryPeek(out var next) && ((bytes += next.Envelope.Length) <= MostBytes || batch.Count == 0)
            )
            {
                batch.Add(_waiting.Dequeue());
            }
            _isBusy = batch.Count > 0;
            return batch;
        }
    }

    private async Task<AppAnswer[]> SendAsync(List<Waiting> batch, TimeSpan timeout, CancellationToken stopping)
    {
        using var request = client.Request(HttpMethod.Post, replica, path);
        request.Content = new ReadOnlyMemoryContent(Write(batch));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("pubsubname", subscription.PubSub.Name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(timeout);
        using var response = await client.SendAsync(request, limit.Token);
        if (!response.IsSuccessStatusCode)
        {
            var answer = new AppAnswer(response.StatusCode == HttpStatusCode.NotFound ? null : Verdict.Retry, response.StatusCode);
            return [.. batch.Select(_ => answer)];
        }
        var verdicts = VerdictReader.ReadBulk(await response.Content.ReadAsByteArrayAsync(limit.Token));
        return [.. batch.Select((_, at) => new AppAnswer(verdicts.GetValueOrDefault(EntryId(at), Verdict.Retry), response.StatusCode))];
    }

    private ReadOnlyMemory<byte> Write(List<Waiting> batch)
    {
        var bytes = new ArrayBufferWriter<byte>(256 + batch.Sum(waiting => waiting.Envelope.Length + 96));
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("id", Guid.CreateVersion7());
        json.WriteString("type", "com.dapr.event.sent.bulk");
        json.WriteString("topic", subscription.Topic);
        json.WriteString("pubsubname", subscription.PubSub.Name);
        json.WriteStartObject("metadata");
        json.WriteString("pubsubName", subscription.PubSub.Name);
        json.WriteEndObject();
        json.WriteStartArray("entries");
        for (var at = 0; at < batch.Count; at++)
        {
            json.WriteStartObject();
            json.WriteString("entryId", EntryId(at));
            json.WritePropertyName("event");
            // It was read as JSON when it came.
            json.WriteRawValue(batch[at].Envelope.Span, skipInputValidation: true);
            json.WriteNull("metadata");
            json.WriteString("contentType", CloudEventEnvelope.ContentType);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }

    private static string EntryId(int at) => at.ToString(CultureInfo.InvariantCulture);

    private sealed record Waiting(ReadOnlyMemory<byte> Envelope)
    {
        // Whoever waits goes on at once: to start a thread for each costs more than what most of them do, which is to acknowledge.
        private readonly TaskCompletionSource<AppAnswer> _answer = new();

        public Task<AppAnswer> Answer => _answer.Task;

        public void Tell(Exception? failure, AppAnswer answer)
        {
            if (failure is null)
            {
                _answer.SetResult(answer);
            }
            else
            {
                _answer.SetException(failure);
            }
        }
    }
}
