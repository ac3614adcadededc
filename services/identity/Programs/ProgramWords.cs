using System.Globalization;

namespace Fabrique.Identity;

/// <summary>What people read about programs.</summary>
internal static class ProgramWords
{
    /// <summary>Of a program's name, in characters.</summary>
    public const int LongestName = 60;

    private const string IsoDay = "yyyy-MM-dd";
    private const string ReadsOnly = " (read)";

    /// <summary>A name as typed, on one line.</summary>
    public static string Tidy(string? name) => Accounts.OneLine(name);

    /// <summary>"le territoire Loos-en-Gohelle, les chiffres d’ensemble du réseau ; lit seulement".</summary>
    /// <param name="grants">As they are kept.</param>
    /// <param name="writes">Whether it may change anything.</param>
    /// <param name="names">What the territories are called, by code.</param>
    public static string Of(string grants, bool writes, IReadOnlyDictionary<string, string> names)
    {
        var where = string.Join(", ", Read(grants).Select(grant => Of(grant, names)));
        return where.Length == 0 ? T["ce qui est public"]
            : writes ? T["{0} ; lit et écrit", where]
            : T["{0} ; lit seulement", where];
    }

    public static string Of(Grant grant, IReadOnlyDictionary<string, string> names) =>
        grant.Role == Grant.Observer
            ? T["les chiffres d’ensemble du réseau"]
            : T["le territoire {0}", names.GetValueOrDefault(grant.Scope, grant.Scope)];

    /// <summary>The rights of a program, as they are kept: "delegate:62528 observer:*".</summary>
    public static IEnumerable<Grant> Read(string grants) => grants.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Grant.Parse);

    /// <summary>What a program may do, as the trail of rights keeps it: "delegate:62528 observer:* (read)".</summary>
    public static string ForTrail(string grants, bool writes) => writes ? grants : grants + ReadsOnly;

    /// <summary>Reads what <see cref="ForTrail"/> wrote.</summary>
    public static (string Grants, bool Writes) FromTrail(string kept) =>
        kept.EndsWith(ReadsOnly, StringComparison.Ordinal) ? (kept[..^ReadsOnly.Length], false) : (kept, true);

    /// <summary>When it was last used, in words.</summary>
    public static string Used(string day) =>
        day.Length == 0
            ? T["N’a pas encore servi."]
            : T[
                "A servi le {0} pour la dernière fois.",
                DateOnly.ParseExact(day, IsoDay, CultureInfo.InvariantCulture).ToString("d", Language.Current.Culture)
            ];

    /// <summary>"2026-03-01", in UTC.</summary>
    public static string Today(TimeProvider clock) => clock.GetUtcNow().ToString(IsoDay, CultureInfo.InvariantCulture);

    /// <summary>A moment as its day.</summary>
    public static string Day(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("d", Language.Current.Culture);
}
