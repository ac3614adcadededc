using System.Text.Encodings.Web;
using Fabrique.Storage;

namespace Fabrique.Identity;

/// <summary>Writes mails, to be saved with what else changes; <see cref="MailSender"/> sends them.</summary>
internal sealed class Mails(IdentityDb db, IConfiguration configuration, TimeProvider clock, MailSender sender)
{
    /// <summary>To a person, in the language of that person.</summary>
    /// <param name="person">Who reads it.</param>
    /// <param name="write">Writes it, texts and addresses of pages, in the language that is then spoken.</param>
    public MailRow Add(Person person, Func<Letter> write) =>
        (Language.Find(person.Language) ?? Language.French).Say(() => Add(person.Email!, write()));

    /// <summary>To somebody of whom nothing is known, in the language that is spoken.</summary>
    public MailRow Add(string recipient, Letter letter)
    {
        var signature = NodeSite.NameOf(configuration) is { Length: > 0 } name
            ? $"Fabrique – {name}"
            : T["Fabrique – des territoires qui apprennent les uns des autres"];
        var (now, subject) = (clock.GetUtcNow(), OneLine(letter.Subject));
        var mail = new MailRow
        {
            Id = Guid.CreateVersion7(now).ToString(),
            Recipient = recipient,
            Subject = subject,
            Text = string.Join("\n\n", [.. letter.Paragraphs, $"-- \n{signature}\n"]),
            Html =
                $"<!doctype html><html lang=\"{Language.Current.Code}\"><meta charset=\"utf-8\"><title>{Encode(subject)}</title>{string.Concat(letter.Paragraphs.Select(Paragraph))}<p>{Encode(signature)}</p></html>",
            Unsubscribe = letter.Unsubscribe,
            CreatedAt = now.ToUnixTimeMilliseconds(),
            NextAt = now.ToUnixTimeMilliseconds(),
        };
        db.Mails.Add(mail);
        db.OnCommit(sender.Wake);
        return mail;
    }

    /// <summary>Nothing that somebody wrote begins another header.</summary>
    private static string OneLine(string text) =>
        string.Join(
            ' ',
            string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)).Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );

    private static string Paragraph(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? $"<p><a href=\"{Encode(text)}\">{Encode(text)}</a></p>"
            : $"<p>{Encode(text)}</p>";

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
