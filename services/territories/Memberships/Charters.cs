using System.Globalization;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>
/// The charter of the network in all its versions and languages: <c>Data/charter/1.fr.md</c>. A version is never changed, only followed by
/// another.
/// </summary>
internal sealed class Charters
{
    private readonly Dictionary<(string Version, string Language), (string Title, string Text)> _texts = [];
    private readonly List<string> _versions;

    public Charters()
    {
        foreach (
            var name in typeof(Charters).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".md", StringComparison.Ordinal))
        )
        {
            using var reader = new StreamReader(typeof(Charters).Assembly.GetManifestResourceStream(name)!);
            var text = reader.ReadToEnd().ReplaceLineEndings("\n").Split('\n', 2);
            _texts.Add((name.Split('.')[0], name.Split('.')[1]), (text[0].TrimStart('#', ' '), text[1].Trim()));
        }
        _versions =
        [
            .. _texts
                .Keys.Select(text => text.Version)
                .Distinct()
                .OrderByDescending(version => int.Parse(version, CultureInfo.InvariantCulture)),
        ];
    }

    public string Latest => _versions[0];

    /// <summary>In the language of whoever is answered, in French where it was not translated; null for a version that never was.</summary>
    /// <param name="version">Empty: the latest.</param>
    public Charter? Find(string version)
    {
        version = version.Length > 0 ? version : Latest;
        var language = _texts.ContainsKey((version, Language.Current.Code)) ? Language.Current.Code : Language.French.Code;
        return _texts.TryGetValue((version, language), out var found)
            ? new Charter
            {
                Version = version,
                Language = language,
                Title = found.Title,
                Text = found.Text,
                Versions = { _versions },
            }
            : null;
    }
}
