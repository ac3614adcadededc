using Fabrique.Records.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Fabrique.Records;

/// <summary>
/// The one desk for what people, programs and jobs write. Inside the transaction, in this order: found, or NOT_FOUND; the right; the
/// version that the caller saw, or STALE_VERSION; the rule, which refuses or leaves as it is what needs no change; the home; the membership
/// of the owner, where others are shown something new; the write; what people are told.
/// </summary>
public sealed class Writes<TDb>(RecordStore<TDb> records, Registry registry, TimeProvider clock)
    where TDb : RecordsDb
{
    /// <summary>Changes a record that exists, for a caller who has the right of the call there.</summary>
    /// <param name="version">That the caller saw; 0 for one who does not mind.</param>
    /// <param name="word">What happened, as the business says it: "published".</param>
    /// <param name="rule">The record as it becomes; null when there is nothing to change.</param>
    /// <returns>What is stored now.</returns>
    /// <exception cref="Refusal">Nothing was written.</exception>
    public Task<Versioned<TBody>> ChangeAsync<TBody>(
        RecordKind<TBody> kind,
        string id,
        long version,
        string word,
        Func<TBody, TBody?> rule,
        ServerCallContext call
    )
        where TBody : class, IMessage<TBody>, new() =>
        ChangeAsync(kind, id, new Verb<TDb, TBody>(word, rule) { Version = version == 0 ? null : version }, call);

    /// <inheritdoc cref="ChangeAsync{TBody}(RecordKind{TBody}, string, long, string, Func{TBody, TBody}, ServerCallContext)"/>
    public Task<Versioned<TBody>> ChangeAsync<TBody>(RecordKind<TBody> kind, string id, Verb<TDb, TBody> verb, ServerCallContext call)
        where TBody : class, IMessage<TBody>, new() => WriteAsync(kind, id, verb, call, call.CancellationToken);

    /// <summary>Changes a record that exists, for the node itself: a job needs no right.</summary>
    public Task<Versioned<TBody>> ChangeByNodeAsync<TBody>(
        RecordKind<TBody> kind,
        string id,
        Verb<TDb, TBody> verb,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new() => WriteAsync(kind, id, verb, null, cancellation);

    /// <summary>Writes the first version of a record, once: the same request again is answered by what the first one wrote.</summary>
    /// <param name="requestId">A UUID, which becomes the record's; empty to have one drawn.</param>
    /// <param name="territory">Whose it will be, and for which the caller needs the right of the call.</param>
    /// <param name="rule">The record, by its identifier.</param>
    public async Task<Versioned<TBody>> CreateAsync<TBody>(
        RecordKind<TBody> kind,
        string requestId,
        string territory,
        string word,
        Func<string, Writing<TDb, TBody>, ValueTask<TBody>> rule,
        ServerCallContext call
    )
        where TBody : class, IMessage<TBody>, new()
    {
        call.Demand(territory);
        var id = Identifier(requestId);
        return (
            await records.WriteAsync<TBody>(
                id,
                async writing =>
                {
                    if (!writing.WasWritten)
                    {
                        return await AllowedAsync(kind, writing, kind.Change(word, await rule(id, writing)), call.CancellationToken);
                    }
                    // A second click, a retry: nothing to change. Whoever else drew it, or whatever was erased since, is not answered.
                    return writing.Current?.Body is { } written && !kind.IsGone(written) && kind.Territory(written) == territory
                        ? null
                        : throw IdentifierUsed();
                },
                null,
                call.CancellationToken
            )
        )!;
    }

    /// <summary>Erases a record for good: see <see cref="RecordStore{TDb}.DeleteAsync"/>. One that is not there needs no erasing.</summary>
    /// <param name="among">As for <see cref="Verb{TDb, TBody}.Among"/>.</param>
    /// <param name="beside">Erases, in the same transaction, rows that belonged to it.</param>
    /// <param name="check">Refuses what is not to be erased, or not as it is by now; asked after the right.</param>
    public Task<bool> DeleteAsync<TBody>(
        RecordKind<TBody> kind,
        string id,
        ServerCallContext call,
        Func<TBody, bool>? among = null,
        Func<TDb, Task>? beside = null,
        Action<Versioned<TBody>>? check = null
    )
        where TBody : class, IMessage<TBody>, new() =>
        records.DeleteAsync<TBody>(
            id,
            writing =>
            {
                var body = writing.Current!.Body;
                if (among?.Invoke(body) == false)
                {
                    throw kind.Missing();
                }
                call.Demand(kind.SubjectOf(body));
                check?.Invoke(writing.Current!);
                return kind.Territory(body);
            },
            beside,
            call.CancellationToken
        );

    /// <summary>Keeps a record as it is, to be seen by its territory alone. Does nothing where there is none.</summary>
    public Task HideAsync<TBody>(RecordKind<TBody> kind, string id, CancellationToken cancellation)
        where TBody : class, IMessage<TBody>, new() =>
        records.WriteAsync<TBody>(
            id,
            writing =>
                ValueTask.FromResult(
                    writing.Current is { Info.Visibility: not Visibility.Private } shown
                        ? kind.Change("hidden", shown.Body) with
                        {
                            Visibility = Visibility.Private,
                        }
                        : null
                ),
            null,
            cancellation
        );

    /// <summary>The identifier of what a request makes: its own, so that a repeated request finds what it made.</summary>
    public string Identifier(string requestId) =>
        requestId.Length == 0 ? Guid.CreateVersion7(clock.GetUtcNow()).ToString()
        : Guid.TryParseExact(requestId, "D", out var id) ? id.ToString()
        : throw Refusal.Invalid("requestId", $"L’identifiant de la demande est un UUID.");

    private async Task<Versioned<TBody>> WriteAsync<TBody>(
        RecordKind<TBody> kind,
        string id,
        Verb<TDb, TBody> verb,
        ServerCallContext? call,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new()
    {
        TBody? before = null;
        TBody? after = null;
        return (
            await records.WriteAsync<TBody>(
                id,
                async writing =>
                {
                    var current = writing.Current is { } found && !kind.IsGone(found.Body) ? found : null;
                    if (current is null ? !verb.Creates : verb.Among?.Invoke(current.Body) == false)
                    {
                        call?.DemandToken();
                        throw kind.Missing();
                    }
                    if (call is not null)
                    {
                        verb.Demand(call, current is null ? default(Subject?) : kind.SubjectOf(current.Body));
                    }
                    var version = current?.Info.Version ?? 0;
                    if (verb.Version is { } seen && seen != version)
                    {
                        throw kind.Stale!(version);
                    }
                    (before, after) = (current?.Body, await verb.Rule(writing));
                    return after is null
                        ? null
                        : await AllowedAsync(kind, writing, kind.Change(verb.Word(before, after), after), cancellation);
                },
                db => verb.Beside?.Invoke(db, before, after!) ?? Task.CompletedTask,
                cancellation
            )
        )!;
    }

    private async ValueTask<Change<TBody>> AllowedAsync<TBody>(
        RecordKind<TBody> kind,
        Writing<TDb, TBody> writing,
        Change<TBody> change,
        CancellationToken cancellation
    )
        where TBody : class, IMessage<TBody>, new()
    {
        registry.DemandHome(change.Territory, kind.Area);
        var shownTo = writing.Current?.Info.Visibility ?? Visibility.Private;
        if (kind.Members == MembersWrite.Everything || (kind.Members == MembersWrite.WhatIsShown && change.Visibility > shownTo))
        {
            await ActiveMembers.DemandAsync(writing.Db, change.Territory, cancellation);
        }
        return change;
    }

    private static Refusal IdentifierUsed() =>
        new(StatusCode.AlreadyExists, "REQUEST_ID_USED", $"Cet identifiant de demande a déjà servi : tirez-en un autre.");
}

/// <summary>What one write does.</summary>
/// <param name="Word">What happened, as the business says it, by the record as it was, if it was, and as it becomes.</param>
/// <param name="Rule">What becomes of the record; null when there is nothing to change. It may read more in the same transaction.</param>
public sealed record Verb<TDb, TBody>(Func<TBody?, TBody, string> Word, Func<Writing<TDb, TBody>, ValueTask<TBody?>> Rule)
    where TDb : RecordsDb
    where TBody : class, IMessage<TBody>, new()
{
    public Verb(string word, Func<Writing<TDb, TBody>, ValueTask<TBody?>> rule)
        : this((_, _) => word, rule) { }

    public Verb(string word, Func<TBody, TBody?> rule)
        : this((_, _) => word, rule) { }

    public Verb(Func<TBody?, TBody, string> word, Func<TBody, TBody?> rule)
        : this(word, writing => ValueTask.FromResult(rule(writing.Current!.Body))) { }

    /// <summary>That the caller saw, 0 for none; null when it does not matter.</summary>
    public long? Version { get; init; }

    /// <summary>Whether it writes a first version too: the rule then finds no current one.</summary>
    public bool Creates { get; init; }

    /// <summary>Another right that it takes, besides that to what is there: for what is about to be.</summary>
    public Subject? For { get; init; }

    /// <summary>The only records that it concerns: the others are as if they were not there.</summary>
    public Func<TBody, bool>? Among { get; init; }

    /// <summary>Whether anybody may who may call: the interceptor has seen to it, or the caller before.</summary>
    public bool IsOpen { get; init; }

    /// <summary>
    /// What is written or told beside it, in the same transaction: of the record as it was, if it was, and as it becomes.
    /// </summary>
    public Func<TDb, TBody?, TBody, Task>? Beside { get; init; }

    internal void Demand(ServerCallContext call, Subject? current)
    {
        if (IsOpen)
        {
            return;
        }
        if (For is { } wanted)
        {
            call.Demand(wanted);
        }
        if (current is { } there)
        {
            call.Demand(there);
        }
    }
}

/// <summary>What was refused because somebody wrote meanwhile. Nothing else produces it.</summary>
public static class Conflict
{
    /// <param name="sentence">What became of the caller's text, and what to do.</param>
    /// <param name="current">The version that there is now.</param>
    public static Refusal StaleVersion(FormattableString sentence, long current) =>
        new(StatusCode.Aborted, "STALE_VERSION", sentence) { Details = { ["currentVersion"] = current.ToString(null, null) } };
}
