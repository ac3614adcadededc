using System.Collections;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique;

/// <summary>The texts that people type into a message, wherever they are in it.</summary>
public static class Texts
{
    /// <summary>Removes stray spaces and control characters, and gives accents and line ends one form (NFC, LF).</summary>
    public static void Tidy(IMessage message) => Walk(message, "", (_, text) => Tidy(text));

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

    private static string Tidy(string text) =>
        string.Concat(
                WellFormed(text).Normalize().ReplaceLineEndings("\n").Where(letter => letter is '\n' or '\t' || !char.IsControl(letter))
            )
            .Trim();

    /// <summary>
    /// The text without what cannot be normalised, nor shown: a lone half of a surrogate pair becomes U+FFFD, U+FFFE goes.
    /// </summary>
    public static string WellFormed(string text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\ufffe", "", StringComparison.Ordinal);

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
