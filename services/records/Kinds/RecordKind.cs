using Fabrique.Records.V1;
using Google.Protobuf;

namespace Fabrique.Records;

/// <summary>A kind of record. Its name is the full one of its body's contract: "fabrique.practices.v1.Practice".</summary>
public abstract class RecordKind
{
    private protected RecordKind(string name) => (Name, Area) = (name, AreaOf(name));

    public string Name { get; }

    /// <summary>The area of its contract, "practices": its topic, and the service that keeps it.</summary>
    public string Area { get; }

    /// <summary>The kind of a body type.</summary>
    public static string NameOf<TBody>()
        where TBody : IMessage<TBody>, new() => new TBody().Descriptor.FullName;

    /// <summary>The area of a kind; empty for a name that is none.</summary>
    public static string AreaOf(string name) => name.Split('.') is ["fabrique", var area, _, _] ? area : "";

    /// <exception cref="InvalidProtocolBufferException">The body is not one.</exception>
    internal abstract IMessage Parse(ByteString body);
}

/// <summary>Whose membership it takes to write a kind: see decision 34.</summary>
public enum MembersWrite
{
    /// <summary>Nobody's.</summary>
    Anyhow,

    /// <summary>The owner's must be active where a write shows others what they did not see.</summary>
    WhatIsShown,

    /// <summary>The owner's must be active for every write.</summary>
    Everything,
}

/// <summary>What every write, every job and every reader asks of a kind, told once.</summary>
public sealed class RecordKind<TBody>() : RecordKind(NameOf<TBody>())
    where TBody : class, IMessage<TBody>, new()
{
    private static readonly MessageParser<TBody> Parser = new(() => new TBody());

    /// <summary>Whose record it is: its home is that territory's. Empty for the network's own.</summary>
    public required Func<TBody, string> Territory { get; init; }

    /// <summary>What a right to write it is about, where that is more than its territory.</summary>
    public Func<TBody, Subject>? Subject { get; init; }

    /// <summary>Who may read it follows from what it holds.</summary>
    public Func<TBody, Visibility> Visibility { get; init; } = _ => V1.Visibility.Public;

    public MembersWrite Members { get; init; }

    /// <summary>The answer where there is none of that identifier, or none that concerns the caller.</summary>
    public required Func<Refusal> Missing { get; init; }

    /// <summary>
    /// The answer to whoever saw another version than the current one, which is given. Null for a kind whose writes take no version.
    /// </summary>
    public Func<long, Refusal>? Stale { get; init; }

    /// <summary>Whether a body only says that there was one: so wrote releases that knew no deletion.</summary>
    public Func<TBody, bool> IsGone { get; init; } = _ => false;

    /// <summary>What a right to write this one is about.</summary>
    public Subject SubjectOf(TBody body) => Subject is null ? Territory(body) : Subject(body);

    /// <summary>The change that writes this body.</summary>
    /// <param name="word">What happened, as the business says it: "published".</param>
    public Change<TBody> Change(string word, TBody body) => new(word, Territory(body), body, Visibility(body));

    internal override IMessage Parse(ByteString body) => Parser.ParseFrom(body);
}
