using System.Collections.Frozen;
using System.Security.Claims;
using System.Text.Json;

namespace Fabrique;

/// <summary>
/// Who may call what: <c>rights.json</c> is the whole of it. Each call of each contract names the roles that may make it, or "anyone",
/// "account" (whoever has one), "app" (the node's own services). "Call:part" is a part of a call that needs more. What is not in the table
/// is nobody's.
/// </summary>
public static class Rights
{
    public const string Anyone = "anyone";
    public const string Account = "account";
    public const string App = "app";

    private static readonly string[] Reads = ["Get", "List", "Export", "Read", "Watch"];

    /// <summary>"fabrique.practices.v1.PracticeService/CreatePractice" and the roles that may make it.</summary>
    public static FrozenDictionary<string, IReadOnlyList<string>> Table { get; } = Load();

    /// <summary>Whether one of the person's grants is for this call, somewhere.</summary>
    public static bool Allows(this ClaimsPrincipal person, string call) => person.Grants().Any(grant => Table[call].Contains(grant.Role));

    /// <summary>Whether one of the person's grants is for this call, there.</summary>
    /// <param name="person">Who asks.</param>
    /// <param name="call">In the table.</param>
    /// <param name="subject">What it is about.</param>
    public static bool Allows(this ClaimsPrincipal person, string call, Subject subject) =>
        person.Grants().Any(grant => Table[call].Contains(grant.Role) && subject.IsIn(grant));

    /// <summary>Whether a call changes nothing: contracts name calls by what they do.</summary>
    /// <param name="call">In the table.</param>
    public static bool IsRead(string call) => Reads.Any(call[(call.LastIndexOf('/') + 1)..].StartsWith);

    private static FrozenDictionary<string, IReadOnlyList<string>> Load()
    {
        using var stream = typeof(Rights).Assembly.GetManifestResourceStream("rights.json")!;
        var services = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(stream)!;
        return services
            .SelectMany(service =>
                service.Value.Select(call =>
                    KeyValuePair.Create<string, IReadOnlyList<string>>($"{service.Key}/{call.Key}", call.Value.Split(' '))
                )
            )
            .ToFrozenDictionary();
    }
}

/// <summary>
/// What a call is about, by every name that a grant can have for it. A territory's name is one: <c>Subject subject = "62528"</c>.
/// </summary>
/// <param name="Own">Itself: its territory, whoever declared it. What a delegate may do holds here only.</param>
/// <param name="Around">
/// What it is in: its region, its cohort, the node. A region is a territory too, and its delegates have no say in those that are in it.
/// </param>
public readonly record struct Subject(IReadOnlyList<string> Own, IReadOnlyList<string> Around)
{
    public static implicit operator Subject(string own) => new([own], []);

    internal bool IsIn(Grant grant) =>
        grant.Scope == Grant.Everywhere
        || Own.Contains(grant.Scope)
        || (grant.Role is not (Grant.Delegate or Grant.Referent) && Around.Contains(grant.Scope));
}
