using System.Collections;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique;

/// <summary>The texts that people type into a message, wherever they are in it.</summary>
public static class Texts
{
    /// <summary>
    /// Stand at the ends of what is copied from pages and are not seen: the zero-width space, the word joiner, the byte order mark, the
    /// Mongolian vowel separator. Inside a text they may tell where a line breaks, and stay.
    /// </summary>
    private const string Unseen = "\u200b\u2060\ufeff\u180e";

    /// <summary>Tidies every text of a message; a page token is none, and is right or wrong as it came.</summary>
    public static void Tidy(IMessage message) => Walk(message, "", (path, text) => path == "pageToken" ? text : Tidy(text));

    /// <summary>
    /// A text as it is kept: without stray spaces and control characters, with one form for each accent and line end (NFC, LF). One in
    /// which nothing is seen is empty.
    /// </summary>
    public static string Tidy(string text)
    {
        var held = WellFormed(text).Normalize();
        if (Letters.IsBlank(held))
        {
            return "";
        }
        var (start, end) = (0, held.Length);
        while (IsStray(held[start]))
        {
            start++;
        }
        while (IsStray(held[end - 1]))
        {
            end--;
        }
        return held[start..end];
    }

    /// <summary>The texts that are longer than allowed.</summary>
    /// <param name="limit">Characters allowed for a field, named as in JSON: <c>figures[0].unit</c>.</param>
    public static IEnumerable<FieldError> TooLong(IMessage message, Func<string, int> limit)
    {
        var errors = new List<FieldError>();
        Walk(message, "", (path, text) =>
        {
            if (text.Length > limit(path))
            {
                errors.Add(new FieldError(path, $"Ce texte est trop long : {limit(path)} caractères au plus, il en a {text.Length}."));
            }
            return text;
        });
        return errors;
    }

    /// <summary>
    /// The text with nothing that a page, XML or a database cannot hold: half a surrogate pair becomes U+FFFD, noncharacters and
    /// controls go. What parts lines or words goes on doing so, as LF or as a space. Writers of files use it too: what other nodes
    /// wrote is not known.
    /// </summary>
    public static string WellFormed(string text)
    {
        if (text.All(letter => letter is '\n' or (>= ' ' and < '\u007f') or (> '\u009f' and < '\u2028') or (> '\u2029' and < '\ud800')))
        {
            return text;
        }
        var held = new StringBuilder(text.Length);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            switch (rune.Value)
            {
                // Vertical tabulation, and the separators of files, groups and records.
                case '\v' or '\u001c' or '\u001d' or '\u001e':
                    held.Append('\n');
                    break;
                // The separator of units.
                case '\u001f':
                    held.Append(' ');
                    break;
                case '\n' or '\t':
                    held.Append((char)rune.Value);
                    break;
                case var code when !Rune.IsControl(rune) && (code & 0xfffe) != 0xfffe && code is not (>= 0xfdd0 and <= 0xfdef):
                    held.Append(rune);
                    break;
            }
        }
        return held.ToString();
    }

    private static bool IsStray(char letter) => char.IsWhiteSpace(letter) || Unseen.Contains(letter);

    private static void Walk(IMessage message, string path, Func<string, string, string> visit)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            // To write the other choices of a oneof would clear the one that was made.
            if (field.ContainingOneof is { } choice && choice.Accessor.GetCaseFieldDescriptor(message) != field)
            {
                continue;
            }
            var name = path + field.JsonName;
            switch (field.Accessor.GetValue(message))
            {
                case string text when !field.IsRepeated:
                    field.Accessor.SetValue(message, visit(name, text));
                    break;
                case IMessage inner when field.FieldType == FieldType.Message:
                    Walk(inner, $"{name}.", visit);
                    break;
                case IList items:
                    for (var at = 0; at < items.Count; at++)
                    {
                        if (items[at] is string text)
                        {
                            items[at] = visit($"{name}[{at}]", text);
                        }
                        else if (items[at] is IMessage inner)
                        {
                            Walk(inner, $"{name}[{at}].", visit);
                        }
                    }
                    break;
            }
        }
    }
}
