using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Site;

/// <summary>Sentences that hold a link or another mark-up: one text for translators, never pieces.</summary>
public static class Markup
{
    /// <summary>
    /// <c>T.Html("Voir &lt;a href='{0}'&gt;les pratiques&lt;/a&gt; de {1}", To("/pratiques"), name)</c>. The mark-up is that of the
    /// sentence, which is ours; values are escaped, whatever they hold.
    /// </summary>
    public static MarkupString Html(this Words words, string text, params object?[] values) =>
        new(words[text, [.. values.Select(value => HtmlEncoder.Default.Encode($"{value}"))]]);
}
