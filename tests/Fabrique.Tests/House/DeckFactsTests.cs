using System.Text.RegularExpressions;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>
/// The founding deck of Loos-en-Gohelle, written out by hand: every number, unit, year and qualifier that it gives, and where the shipped
/// data say it. Only facts: the deck's sentences are under CC BY-NC-ND.
/// </summary>
public sealed partial class DeckFactsTests
{
    private static readonly Profile Loos = ShippedDataTests.Loos;

    /// <summary>
    /// Place in the shipped data, and a pattern of what is said there. A figure is written "label : qualifier value unit (period)
    /// [source]".
    /// </summary>
    public static TheoryData<string, string> Facts { get; } =
        new()
        {
            // 1. The mining basin.
            { "star", @"2 °C" },
            { "inherited", @"cent ans.*multiplié par dix" },
            { "inherited", @"9 puits, 6 sièges et 8 terrils" },
            { "inherited", @"s’affaisser le sol de 15 m\b" },
            { "inherited", @"20 % de friches.*pollutions" },
            { "inherited", @"chômage et les délocalisations" },
            { "inherited", @"1 100 logements miniers démolis" },
            { "inherited", @"mythe des héros disparus" },
            // 2. The stages: the years of the timeline, and no other.
            { "milestones", @"^1984: Les Gohelliades" },
            { "milestones", @"^1986: La mine ferme" },
            { "milestones", @"^1995: Le document d’urbanisme est révisé" },
            { "milestones", @"^2000: La charte du cadre de vie" },
            { "milestones", @"^2004: Cerdd, Cd2e et Base 11/19" },
            { "milestones", @"^2008: .*82,1" },
            { "milestones", @"^2012: L’UNESCO et le Louvre-Lens" },
            { "milestones", @"^2014-\d\d-\d\d: Démonstrateur national de l’ADEME" },
            { "phases", @"CULTURE: Acteurs de la culture" },
            { "phases", @"DIAGNOSTIC: Acteurs du projet de ville" },
            { "phases", @"ENTRAINEMENT: Acteurs de la transition" },
            { "phases", @"ECHELLE: .*renouveau démocratique" },
            // 3. The results: nine domains.
            {
                "results",
                @"^Énergie.*\nCulture.*\nÉcoconstruction.*\nAlimentation.*\nFormation.*\nMobilité.*\nSports nature et tourisme.*\nTrame verte.*\nFête"
            },
            { "results", @"Sept véhicules au gaz naturel et quatre vélos" },
            { "results", @"ceinture verte de 15 km, un corridor" },
            // Inhabitants.
            { "method", @"1979, le POS" },
            { "method", @"Deux cents réunions publiques par mandat" },
            { "method", @"Les amis de l’esprit loossois" },
            { "forum citoyen", @"mandat : EXACT 200 réunions \(période non précisée par la source\) \[D\]" },
            { "Soutenir les associations", @"Nombre d’associations : MULTIPLIE_PAR 2 associations .* \[D\]" },
            { "skatepark", @"pétition" },
            { "Loos TV", @"droit d’informer" },
            { "Ménadel", @"échanger et de battre monnaie" },
            // Energy and building.
            { "Consommer moins", @"Éclairage public, bâtiments.*\n?.*soleil, le bois" },
            { "petite flotte", @"gaz naturel : EXACT 7 véhicules .* \[D\]" },
            { "petite flotte", @"assistance électrique : EXACT 4 vélos .* \[D\]" },
            { "Un logement sur dix", @"écoconçus ou écorénovés : EXACT 10 % des logements .* \[D\]" },
            { "Un logement sur dix", @"chauffage .* : EXACT 150 € par an .* \[D\]" },
            { "Acheter autrement", @"commande publique, les écomatériaux, les circuits courts" },
            { "Cd2e", @"Ekwation, la Fondation d’Auteuil et TEAM2, un pôle de compétitivité" },
            {
                "Cd2e",
                @"AVNIR.*pépinière d’entreprises sur les écoactivités.*centre tertiaire.*Quadraparc, Villavenir.*Auteuil.*pôle climat"
            },
            { "Réhafutur", @"Logements miniers démolis dans la commune : EXACT 1100 logements .* \[D\]" },
            // The citizens' solar plan.
            {
                "plan solaire citoyen",
                @"Lumiwatt aux services techniques, à l’église, aux écoles, aux salles de sport, puis à toutes les toitures"
            },
            { "plan solaire citoyen", @"panneau symbolique pour tout nouveau-né, afin d’y associer les générations futures" },
            // Nature and water.
            { "noues", @"Volume cité .* : PLUS_DE 100 m³ .* \[D\]" },
            { "noues", @"infiltration naturelle et peinture à l’eau" },
            { "ceinture verte", @"Longueur de la ceinture verte : EXACT 15 km .* \[D\]" },
            {
                "ceinture verte",
                @"mobilité douce, corridor pour la biodiversité, limite de la constructibilité.*arbres fruitiers en accès libre, des espèces régionales et des ruchers"
            },
            { "sans pesticides", @"zéro phyto.*gestion différenciée, avec ses prairies fleuries" },
            { "hirondelles", @"classes nature" },
            // Food.
            { "De la terre", @"collectif de cinq agriculteurs" },
            { "De la terre", @"Agriculteurs concernés : EXACT 5 agriculteurs .* \[D\]" },
            { "De la terre", @"Part de la surface agricole de la commune convertie au bio : EXACT 10 % .*\(en 5 ans.* \[D\]" },
            { "De la terre", @"Objectif de surface en bio, .* : EXACT 300 ha \(objectif à deux ans.* \[D\]" },
            { "agglomération", @"SATD.*en cours.*PTCE d’Audruicq.*Anges Gardins" },
            { "points relais", @"Points relais dans le Lensois : EXACT 10 points relais .* \[D\]" },
            { "points relais", @"d’autres points existent à Lille et à Dunkerque" },
            { "Du bio à la cantine", @"Part des repas à l’école maternelle : EXACT 100 % des repas .* \[D\]" },
            { "Du bio à la cantine", @"Part des repas au foyer-logement : EXACT 15 % des repas .* \[D\]" },
            { "microferme", @"Emplois créés au lancement de la microferme : EXACT 8 emplois .* \[D\]" },
            { "Incroyables comestibles", @"fête paysanne" },
            { "Ménadel", @"MANNE" },
            // Economy and work.
            { "indicators", @"EMPLOIS \[D\] 1999/2009: 350 emplois .*INSEE, dont 100 sur la Base 11/19" },
            { "Base 11/19", @"Emplois gagnés sur la Base : EXACT 100 emplois \(1999/2009\) \[D\]" },
            { "Base 11/19", @"Emplois gagnés dans la commune : EXACT 350 emplois \(1999/2009\) \[D\]" },
            {
                "indicators",
                @"CHOMAGE \[D\] .*: -4 points .*4 points de moins que la zone de Lens-Hénin, mais plus que la moyenne nationale"
            },
            { "indicators", @"IDH \[D\] .*supérieur à la moyenne régionale" },
            { "indicators", @"^IPBE BIEN_ETRE" },
            { "indicators", @"^ELENA BIEN_ETRE" },
            { "indicators", @"^ISACDAL BIEN_ETRE" },
            { "Faire coopérer", @"une CUMA, .*, les commerçants, et le management interne" },
            { "Faire coopérer", @"ESS, EFC, écoconception et économie circulaire" },
            // 4. The method: what the figure says, and that its reading is ours.
            { "method", @"L’étoile et les cailloux blancs: .*sans compter ni nommer de piliers.*est notre lecture" },
            { "star", @"À notre lecture" },
            // The figure of resilience, and the map.
            {
                "method",
                @"Le déni.*\nLa déconstruction: Par les faits et par les analyses.*\nLe brouillard.*\nUn nouvel imaginaire: Et un nouveau récit.*\nLa transition.*\nVers un nouveau modèle: .*le local, le territoire, le global"
            },
            {
                "method",
                @"Cd2e.*\nThéâtre de l’écoconstruction.*\nPlateforme ACV \[AVNIR\].*\nCentrale solaire Lumiwatt.*\nPépinière d’entreprises.*\nCentre tertiaire.*\nZAC Quadraparc.*\nTEAM2.*\nEkwation.*\nRéhafutur I.*\nÉcoquartier.*\nVillavenir.*\nApprentis d’Auteuil.*\nCerdd et pôle climat.*\nLouvre-Lens: À 2 km"
            },
            // 5. Change of scale.
            {
                "milestones",
                @"stratégie de conduite du changement.*exceptionnel : une évaluation.*ingénierie systémique.*récit et en mouvement.*droit commun.*légitimité nationale"
            },
            // 6. The workshop.
            { "milestones", @"villes pairs et des territoires pilotes de la transition.*préfiguration de la Fabrique des Transitions" },
        };

    [Theory]
    [MemberData(nameof(Facts))]
    public void What_the_deck_says_is_shipped_as_the_deck_says_it(string place, string pattern) =>
        Assert.Matches(new Regex(pattern, RegexOptions.Multiline), Said(place));

    [Theory]
    [MemberData(nameof(Facts))]
    public void Another_number_in_its_place_is_noticed(string place, string pattern)
    {
        if (Digit().IsMatch(pattern.Replace(@"\d", "", StringComparison.Ordinal)))
        {
            Assert.DoesNotMatch(new Regex(pattern, RegexOptions.Multiline), Digit().Replace(Said(place), "0"));
        }
    }

    [Fact]
    public void No_figure_is_said_to_be_of_the_deck_that_the_deck_does_not_give()
    {
        var told = ShippedDataTests
            .Shipped.SelectMany(practice => practice.Figures.Where(figure => figure.Source == "D"))
            .Select(Figure)
            .ToList();
        var unknown = told.Where(figure => !Facts.Any(fact => Regex.IsMatch(figure, fact.Data.Item2))).ToList();
        Assert.NotEmpty(told);
        Assert.Empty(unknown);
    }

    [Fact]
    public void The_timeline_holds_no_year_of_another_page_of_the_deck() =>
        Assert.DoesNotContain("1979", Loos.Milestones.Select(milestone => milestone.Date));

    /// <summary>All that is said at a place: a chapter of the profile, or the practice whose title holds these words.</summary>
    private static string Said(string place) =>
        Plain(
            place switch
            {
                "star" => Loos.Star.Text,
                "inherited" => Lines(Loos.InheritedConditions.Select(fact => $"{fact.Title}: {fact.Text}")),
                "milestones" => Lines(Loos.Milestones.Select(milestone => $"{milestone.Date}: {milestone.Title}. {milestone.Text}")),
                "phases" => Lines(Loos.Phases.Select(phase => $"{phase.Code}: {phase.InhabitantsRole}")),
                "results" => Lines(Loos.Results.Select(fact => $"{fact.Title}: {fact.Text}")),
                "method" => Lines(Loos.Method.Select(element => $"{element.Title}: {element.Text}")),
                "indicators" => Lines(
                    Loos.Indicators.Select(indicator =>
                        indicator.Values.Count == 0
                            ? $"{indicator.Code} {indicator.Family}"
                            : $"{indicator.Code} [{indicator.Sources[0]}] "
                                + string.Join(
                                    ", ",
                                    indicator.Values.Select(value => $"{value.Period}: {value.Value} {indicator.Unit} {value.Text}")
                                )
                    )
                ),
                _ => Told(
                    Assert.Single(ShippedDataTests.Shipped, practice => practice.Title.Contains(place, StringComparison.OrdinalIgnoreCase))
                ),
            }
        );

    private static string Told(Practice practice) =>
        Lines([practice.Title, practice.Summary, practice.Context, practice.Approach, .. practice.Figures.Select(Figure)]);

    private static string Figure(Figure figure) =>
        Plain(
            $"{figure.Label} : {figure.Qualifier} {(figure.HasValue ? FormattableString.Invariant($"{figure.Value}") : figure.Text)} {figure.Unit} ({figure.Period}) [{figure.Source}]"
        );

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);

    /// <summary>With plain spaces, so that a pattern can be typed.</summary>
    private static string Plain(string text) => text.Replace('\u00A0', ' ').Replace('\u202F', ' ');

    [GeneratedRegex(@"\d")]
    private static partial Regex Digit();
}
