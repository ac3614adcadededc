using System.Globalization;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>
/// The questions of the assessment in all their versions and languages: <c>Data/questionnaire/1.fr.json</c>. A version is never changed,
/// only followed by another, which keeps a code for as long as its question means the same.
/// </summary>
internal sealed class Questionnaires
{
    private readonly Dictionary<(string Version, string Language), Questionnaire> _all = [];
    private readonly List<string> _versions;

    public Questionnaires()
    {
        var assembly = typeof(Questionnaires).Assembly;
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (name.Split('.') is not [var version, var language, "json"])
            {
                continue;
            }
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var questionnaire = Questionnaire.Parser.ParseJson(reader.ReadToEnd());
            (questionnaire.Version, questionnaire.Language) = (version, language);
            _all.Add((version, language), questionnaire);
        }
        _versions =
        [
            .. _all
                .Keys.Select(key => key.Version)
                .Distinct()
                .OrderByDescending(version => int.Parse(version, CultureInfo.InvariantCulture)),
        ];
    }

    public string Latest => _versions[0];

    /// <summary>In the language of whoever is answered, in French where it was not translated; null for a version that never was.</summary>
    /// <param name="version">Empty: the latest.</param>
    public Questionnaire? Find(string version)
    {
        version = version.Length > 0 ? version : Latest;
        var found = _all.GetValueOrDefault((version, Language.Current.Code)) ?? _all.GetValueOrDefault((version, Language.French.Code));
        return found is null ? null : new Questionnaire(found) { Versions = { _versions } };
    }

    /// <summary>The questions that an assessment answers: the latest where nobody began.</summary>
    public Questionnaire Of(Assessment? assessment) => Known(assessment is { Sheets.Count: > 0 } ? assessment.Questionnaire : Latest);

    /// <summary>The questions that a snapshot answers.</summary>
    public Questionnaire Of(AssessmentSnapshot snapshot) => Known(snapshot.Questionnaire);

    private Questionnaire Known(string version) =>
        Find(version) ?? throw new InvalidDataException($"The questionnaire {version} is of a later release than this one.");
}
