namespace Fabrique;

/// <summary>
/// What a node says to people. The code holds French sentences, whole and written out where they are used: they are the keys of the
/// translations, and a test finds them by their call.
/// </summary>
/// <param name="language">Which language to speak, asked each time.</param>
public sealed class Words(Func<Language> language)
{
    /// <summary>In the language of whoever is being answered: <c>T["Plan du site"]</c>, <c>T["Recherche : {0}", query]</c>.</summary>
    public static Words T { get; } = new(() => Language.Current);

    /// <param name="text">The French sentence.</param>
    /// <param name="values">What stands for {0}, {1}… in it; dates and numbers are written as the language does.</param>
    public string this[string text, params object?[] values] => Format(language().Translate(text), values);

    /// <summary>
    /// A sentence whose values stand in it; its format is the key: <c>$"Indiquez {most} envois au plus."</c> is "Indiquez {0} envois au
    /// plus."
    /// </summary>
    public string Of(FormattableString text) => Format(language().Translate(text.Format), text.GetArguments());

    /// <summary><c>T.Plural("{0} pratique", "{0} pratiques", count)</c>: {0} is the number, {1}… are the values.</summary>
    public string Plural(string one, string many, long count, params object?[] values) =>
        Format(language().Translate(one, many, count), [count.ToString("N0", language().Culture), .. values]);

    /// <summary>A label of a vocabulary.</summary>
    public string Label(string vocabulary, string label) => language().Translate(label, vocabulary);

    private string Format(string text, object?[] values) => values.Length == 0 ? text : string.Format(language().Culture, text, values);
}
