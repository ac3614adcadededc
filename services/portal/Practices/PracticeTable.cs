using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Site.Exports;

namespace Fabrique.Portal.Practices;

/// <summary>Practices as a table: one line each, with where it comes from and what may be done with it.</summary>
internal static class PracticeTable
{
    public static readonly Sheet<ExportedPractice> Sheet = new(
        "pratiques",
        [
            ("adresse", practice => practice.Address),
            ("territoire_code", Of(practice => practice.Territory)),
            ("territoire", Of(practice => practice.Place?.Name ?? "")),
            ("departement", Of(practice => practice.Place?.Department ?? "")),
            ("region", Of(practice => practice.Place?.Region ?? "")),
            ("noeud", Of(practice => practice.Record?.Home ?? "")),
            ("version", Of(practice => practice.Record?.Version.ToString(CultureInfo.InvariantCulture) ?? "")),
            (
                "modifiee_le",
                Of(practice => practice.Record?.ChangedAt?.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "")
            ),
            ("licence", Of(practice => practice.Licence)),
            ("langue", Of(practice => practice.Language)),
            ("titre", Of(practice => practice.Title)),
            ("resume", Of(practice => practice.Summary)),
            ("themes", Of(practice => Joined(practice.Themes))),
            ("principes", Of(practice => Joined(practice.Principles))),
            ("maturite", Of(practice => practice.Maturity)),
            ("debut", Of(practice => practice.StartedOn)),
            ("fin", Of(practice => practice.EndedOn)),
            ("contexte", Of(practice => practice.Context)),
            ("demarche", Of(practice => practice.Approach)),
            ("acteurs", Of(practice => Joined(practice.Actors))),
            (
                "etp",
                Of(practice => practice.Means is { HasStaffFte: true } means ? means.StaffFte.ToString(CultureInfo.InvariantCulture) : "")
            ),
            ("cout", Of(practice => practice.Means?.Cost ?? "")),
            ("financements", Of(practice => Joined(practice.Means?.Funding ?? []))),
            (
                "chiffres",
                Of(practice =>
                    Joined(
                        practice.Figures.Select(figure =>
                            $"{figure.Label} : {figure.Qualifier} {(figure.HasValue ? figure.Value.ToString(CultureInfo.InvariantCulture) : figure.Text)} {figure.Unit} ({figure.Period}) [{figure.Source}]"
                        )
                    )
                )
            ),
            ("effets", Of(practice => Joined(practice.Effects.Select(effect => $"{effect.Kind} : {effect.Text}")))),
            ("difficultes", Of(practice => practice.Difficulties)),
            ("conditions_de_reussite", Of(practice => practice.SuccessConditions)),
            ("non_transposable", Of(practice => practice.NotTransferable)),
            ("premiere_etape", Of(practice => practice.FirstStep)),
            ("lecons", Of(practice => practice.Lessons)),
            ("contact", Of(practice => practice.ContactRole)),
            (
                "sources",
                Of(practice =>
                    Joined(practice.Sources.Select(source => $"[{source.Code}] {source.Title} {source.Author} {source.Date} {source.Url}"))
                )
            ),
            ("adaptee_de", Of(practice => practice.AdaptedFrom)),
        ]
    );

    private static Func<ExportedPractice, string> Of(Func<Practice, string> value) => exported => value(exported.Practice);

    private static string Joined(IEnumerable<string> values) => string.Join('\n', values);
}
