using System.Text.RegularExpressions;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique.Tests;

/// <summary>
/// The real data that a fresh installation shows: readable, sourced, and publishable under the rules that any territory must follow.
/// </summary>
public partial class ShippedDataTests
{
    private const string ProfileFile = "services/territories/Data/profiles/62528.json";
    private const string PracticesFile = "services/practices/Data/62528.json";
    private const int MaxProfileText = 5_000;
    private static readonly string[] DateFields = ["date", "start", "end", "started_on", "ended_on"];

    internal static readonly Profile Loos = JsonParser.Default.Parse<Profile>(Read(ProfileFile));
    internal static readonly IReadOnlyList<Practice> Shipped =
    [
        .. JsonParser.Default.Parse<ListPracticesResponse>(Read(PracticesFile)).Practices,
    ];

    [Theory]
    [InlineData(ProfileFile)]
    [InlineData(PracticesFile)]
    public void A_shipped_file_spells_its_fields_as_the_public_api_does(string file) => Assert.DoesNotMatch(SnakeCaseField(), Read(file));

    [Fact]
    public void Thirty_practices_keep_ids_that_sort_as_they_are_told()
    {
        var ids = Shipped.Select(practice => practice.Id).ToList();

        Assert.Equal(30, ids.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.All(ids, id => Assert.Equal((id, 7), (Guid.ParseExact(id, "D").ToString(), Guid.Parse(id).Version)));
    }

    [Fact]
    public void Every_practice_can_be_published_as_it_is_written() => Assert.All(Shipped, practice =>
        {
            var published = practice.Drafted(practice.Id, practice.Territory).Published(new DateOnly(2026, 1, 1))!;

            published.Status = PracticeStatus.Unspecified;
            published.ReviewDueOn = "";
            Assert.Equal(practice, published);
        });

    [Fact]
    public void Every_practice_tells_how_where_to_begin_and_whom_to_ask() => Assert.All(Shipped, practice =>
        {
            Assert.Equal((Loos.Territory, "fr", "CC-BY-SA-4.0"), (practice.Territory, practice.Language, practice.Licence));
            Assert.All([practice.Approach, practice.FirstStep, practice.ContactRole, .. practice.Principles, .. practice.Axes], text =>
                Assert.NotEqual("", text)
            );
            Assert.InRange(Words(practice.Context + " " + practice.Approach), 60, 180);
        });

    [Fact]
    public void No_two_practices_share_their_difficulties_conditions_or_first_step() =>
        Assert.All(
            new Func<Practice, string>[] { p => p.Title, p => p.Summary, p => p.Difficulties, p => p.SuccessConditions, p => p.FirstStep },
            text => Assert.Distinct(Shipped.Select(text))
        );

    /// <summary>
    /// The services refuse a published figure without unit, period or source; the shipped ones also say how exact they are.
    /// </summary>
    [Fact]
    public void Every_figure_is_declared_with_its_unit_period_and_source() =>
        Assert.All(Shipped.SelectMany(practice => practice.Figures.Select(figure => (practice, figure))), row =>
        {
            Assert.All([row.figure.Unit, row.figure.Period], text => Assert.False(string.IsNullOrWhiteSpace(text)));
            Assert.Contains(row.figure.Qualifier, Vocabulary.Qualifier.Codes);
            Assert.Contains(row.figure.Source, row.practice.Sources.Select(source => source.Code));
            Assert.False(row.figure.Verified, "Only an evaluation or an official statistic read at its origin makes a figure verified.");
        });

    [Fact]
    public void A_search_for_solar_panels_can_only_mean_the_solar_plan()
    {
        var plan = Assert.Single(Shipped, practice => practice.Title.Contains("panneaux solaires", StringComparison.OrdinalIgnoreCase));

        Assert.Contains("Mine de Soleil", plan.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain(Shipped, practice =>
            practice != plan && practice.Summary.Contains("panneaux solaires", StringComparison.OrdinalIgnoreCase)
        );
    }

    [Fact]
    public void The_profile_only_uses_codes_of_the_vocabularies()
    {
        Assert.Equal(("62528", "COM", "62", "32", "fr"), (Loos.Territory, Loos.Kind, Loos.Department, Loos.Region, Loos.Language));
        Known(Vocabulary.TerritoryKind, [Loos.Kind]);
        Known(Vocabulary.Situation, Loos.Situations);
        Known(Vocabulary.TrajectoryPhase, Loos.Phases.Select(phase => phase.Code));
        Known(Vocabulary.MethodElementKind, Loos.Method.Select(element => element.Kind));
        Known(Vocabulary.MethodAxis, Loos.Method.Select(element => element.Axis));
        Known(Vocabulary.IndicatorFamily, Loos.Indicators.Select(indicator => indicator.Family));
        Known(Vocabulary.Licence, Loos.Sources.Select(source => source.Licence));

        static void Known(Vocabulary vocabulary, IEnumerable<string> codes) =>
            Assert.All(codes.Where(code => code.Length > 0), code => Assert.Contains(code, vocabulary.Codes));
    }

    [Fact]
    public void Everything_the_profile_tells_names_a_source_that_it_lists()
    {
        var told = Messages(Loos)
            .Where(message => message.Descriptor.FindFieldByName("sources") is not null && message is not Profile)
            .ToList();
        var codes = told.ConvertAll(message => Strings(message, "sources").ToList());

        Assert.All(codes, sources => Assert.NotEmpty(sources));
        Assert.Equal(Loos.Sources.Select(source => source.Code).Order(), codes.SelectMany(sources => sources).Distinct().Order());
    }

    [Fact]
    public void Dates_keep_the_precision_their_source_gives()
    {
        var messages = Messages(Loos).Concat(Shipped.SelectMany(Messages)).ToList();
        var dates = DateFields.SelectMany(name => messages.SelectMany(message => Strings(message, name)));

        Assert.All(dates, date => Assert.True(ReducedDate.IsValid(date), date));
        Assert.Contains("1999-03-29", Loos.Milestones.Select(milestone => milestone.Date));
        Assert.Contains("1984", Loos.Milestones.Select(milestone => milestone.Date));
    }

    [Fact]
    public void Milestones_stand_in_order_inside_the_phase_they_name()
    {
        Assert.Equal(
            Loos.Milestones.Select(milestone => milestone.Date).Order(StringComparer.Ordinal),
            Loos.Milestones.Select(milestone => milestone.Date)
        );
        Assert.Equal(Loos.Phases.Select(phase => phase.Code), Loos.Milestones.Select(milestone => milestone.Phase).Distinct());
        Assert.All(Loos.Phases, phase =>
        {
            var dates = Loos.Milestones.Where(milestone => milestone.Phase == phase.Code).Select(milestone => milestone.Date).ToList();
            Assert.Equal((phase.Start, phase.End), (dates[0], dates[^1]));
        });
    }

    [Fact]
    public void Every_practice_the_profile_points_to_is_shipped()
    {
        var told = Messages(Loos)
            .SelectMany(message => Strings(message, "practice_ids").Concat(Strings(message, "practice_id")))
            .ToHashSet();

        Assert.NotEmpty(told);
        Assert.All(told, id => Assert.Contains(id, Shipped.Select(practice => practice.Id)));
    }

    [Theory]
    [InlineData("ELENA")]
    [InlineData("ISACDAL")]
    public void An_acronym_no_source_explains_stays_unexplained(string code)
    {
        var indicator = Assert.Single(Loos.Indicators, indicator => indicator.Code == code);

        Assert.Equal((code, "", "BIEN_ETRE", ""), (indicator.Label, indicator.Definition, indicator.Family, indicator.Unit));
        Assert.Empty(indicator.Values);
    }

    [Fact]
    public void Texts_are_of_a_readable_length_and_set_as_french_is_printed() =>
        Assert.All(Messages(Loos).Concat(Shipped.SelectMany(Messages)).SelectMany(Texts), text =>
        {
            Assert.InRange(text.Length, 0, MaxProfileText);
            Assert.DoesNotMatch(FrenchMisprint(), text);
        });

    /// <summary>
    /// A straight apostrophe, a breaking or missing space beside French punctuation or before a unit, two spaces in a row.
    /// </summary>
    [GeneratedRegex(@"'|""| [:;?!»%€]|« |[\p{L}\p{N}][:;?!»]|«[\p{L}\p{N}]|\d (m|km|ha|kWc|m²|m³|km²)\b|  |^\s|\s$")]
    private static partial Regex FrenchMisprint();

    [GeneratedRegex("\"\\w*_\\w*\"\\s*:")]
    private static partial Regex SnakeCaseField();

    private static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>The message and all those inside it.</summary>
    private static IEnumerable<IMessage> Messages(IMessage message) =>
        [
            message,
            .. Fields(message, FieldType.Message).SelectMany(field => Values(message, field)).OfType<IMessage>().SelectMany(Messages),
        ];

    private static IEnumerable<string> Texts(IMessage message) =>
        Fields(message, FieldType.String).Where(field => field.Name != "url").SelectMany(field => Values(message, field)).Cast<string>();

    /// <summary>The strings in the fields of this name, without the empty ones; none when the message has no such field.</summary>
    private static IEnumerable<string> Strings(IMessage message, string name) =>
        Fields(message, FieldType.String)
            .Where(field => field.Name == name)
            .SelectMany(field => Values(message, field))
            .Cast<string>()
            .Where(text => text.Length > 0);

    private static IEnumerable<FieldDescriptor> Fields(IMessage message, FieldType type) =>
        message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == type);

    private static IEnumerable<object> Values(IMessage message, FieldDescriptor field) =>
        field.Accessor.GetValue(message) switch
        {
            null => [],
            System.Collections.IList values => values.Cast<object>(),
            var value => [value],
        };

    private static string Read(string file) => File.ReadAllText(Path.Combine(Fabrique.Runner.Checkout.Root(), file));
}
