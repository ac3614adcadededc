using Fabrique.Territories.V1;
using Google.Protobuf;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>What a territory may tell of itself: every fact names a source, and every date keeps its precision.</summary>
internal static class ProfileRules
{
    private const int MaxText = 5_000;
    private const int MaxRows = 100;

    // What a later release will know is not signed unread by this one.
    private static readonly MessageParser<Profile> Known = Profile.Parser.WithDiscardUnknownFields(true);

    extension(Profile profile)
    {
        /// <summary>The profile as this territory tells it: its identity is the official one, whatever the form says.</summary>
        public Profile ToldBy(Territory territory)
        {
            var told = Known.ParseFrom(profile.ToByteArray());
            Texts.Tidy(told);
            told.Territory = territory.Id;
            told.Kind = territory.Kind;
            told.Name = territory.Name;
            told.Department = territory.Department?.Code ?? "";
            told.Region = territory.Region?.Code ?? "";
            told.Language = told.Language.Length > 0 ? told.Language : "fr";
            told.Fictional = Fictional.Is(territory.Id);
            foreach (var source in told.Sources)
            {
                source.Url = WebAddress.Complete(source.Url);
            }
            Refuse(told.Unacceptable());
            return told;
        }

        private IEnumerable<FieldError> Unacceptable() =>
            [
                .. Texts.TooLong(profile, _ => MaxText),
                .. Codes("situations", profile.Situations, Vocabulary.Situation),
                .. Rule("situations", profile.Situations.Count > MaxRows, $"{MaxRows} lignes au plus."),
                .. Listed(profile, "star.sources", profile.Star?.Sources ?? []),
                .. Each("milestones", profile.Milestones, (field, milestone) =>
                    Fact(profile, field, milestone.Title, milestone.Sources)
                        .Concat(Date($"{field}.date", milestone.Date, mandatory: true))
                        .Concat(
                            Rule(
                                $"{field}.phase",
                                milestone.Phase.Length > 0 && profile.Phases.All(phase => phase.Code != milestone.Phase),
                                $"Cette phase n’est pas dans la liste des phases."
                            )
                        )
                ),
                .. Each("phases", profile.Phases, (field, phase) =>
                    Fact(profile, field, phase.Title, phase.Sources)
                        .Concat(Date($"{field}.start", phase.Start))
                        .Concat(Date($"{field}.end", phase.End))
                ),
                .. Each("pebbles", profile.Pebbles, (field, pebble) =>
                    Fact(profile, field, pebble.Title, pebble.Sources).Concat(Date($"{field}.date", pebble.Date))
                ),
                .. Each("inheritedConditions", profile.InheritedConditions, (field, fact) =>
                    Fact(profile, field, fact.Title, fact.Sources)
                ),
                .. Each("results", profile.Results, (field, fact) => Fact(profile, field, fact.Title, fact.Sources)),
                .. Each("method", profile.Method, (field, element) =>
                    Fact(profile, field, element.Title, element.Sources)
                        .Concat(Codes($"{field}.kind", [element.Kind], Vocabulary.MethodElementKind))
                        .Concat(Codes($"{field}.axis", [element.Axis], Vocabulary.MethodAxis))
                ),
                .. Each("indicators", profile.Indicators, (field, indicator) =>
                    Fact(profile, field, indicator.Label, indicator.Sources, "label")
                        .Concat(Codes($"{field}.family", [indicator.Family], Vocabulary.IndicatorFamily))
                        .Concat(indicator.Values.SelectMany((value, at) => Listed(profile, $"{field}.values[{at}].sources", value.Sources)))
                        .Concat(
                            Rule(
                                $"{field}.values",
                                indicator.Values.Any(value => value.HasValue && !double.IsFinite(value.Value)),
                                $"Écrivez un nombre."
                            )
                        )
                ),
                .. Each("sources", profile.Sources, (field, source) =>
                    Rule($"{field}.title", source.Title.Length == 0, $"Donnez le titre de la source.")
                        .Concat(Page($"{field}.url", source.Url))
                        .Concat(Rule($"{field}.code", source.Code.Length == 0, $"Donnez un code court à la source."))
                ),
            ];
    }

    /// <summary>A fact has a name and at least one source, which the profile lists.</summary>
    private static IEnumerable<FieldError> Fact(
        Profile profile,
        string field,
        string title,
        IEnumerable<string> sources,
        string name = "title"
    ) =>
        [
            .. Rule($"{field}.{name}", title.Length == 0, $"Donnez un titre."),
            .. Rule($"{field}.sources", !sources.Any(), $"Citez au moins une source."),
            .. Listed(profile, $"{field}.sources", sources),
        ];

    /// <summary>What is cited is in the list of the profile.</summary>
    private static IEnumerable<FieldError> Listed(Profile profile, string field, IEnumerable<string> sources) =>
        sources
            .Where(code => profile.Sources.All(source => source.Code != code))
            .Take(1)
            .Select(code => new FieldError(field, $"La source « {code} » n’est pas dans la liste des sources."));

    private static IEnumerable<FieldError> Each<T>(
        string field,
        IReadOnlyCollection<T> rows,
        Func<string, T, IEnumerable<FieldError>> check
    ) => Rule(field, rows.Count > MaxRows, $"{MaxRows} lignes au plus.").Concat(rows.SelectMany((row, at) => check($"{field}[{at}]", row)));
}
