using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Site.Forms;

/// <summary>
/// A page on which a message of a contract is written. Every press of a button comes back with the page and all that was typed, until the
/// services have acknowledged it.
/// </summary>
/// <param name="antiforgery">Checks that a form is of this site.</param>
public abstract class EditPage(IAntiforgery antiforgery) : ComponentBase
{
    [CascadingParameter]
    public required HttpContext Http { get; set; }

    /// <summary>What is typed; null while the page has nothing to write.</summary>
    protected MessageForm? Form { get; set; }

    /// <summary>What became of the last press of a button.</summary>
    protected FormOutcome Outcome { get; set; }

    /// <summary>Receives the form: rows come and go here, the rest is the page’s own.</summary>
    protected async Task SubmitAsync()
    {
        // Checked here and not by the framework, which would answer with an empty page: the text of somebody whose session
        // ended while writing would be lost. Nothing is done without the proof; the page comes back with a new one.
        if (!await antiforgery.IsRequestValidAsync(Http))
        {
            Stop(FormOutcome.SessionEnded, StatusCodes.Status400BadRequest);
            return;
        }

        switch (Http.Request.Form["_action"].ToString().Split(':'))
        {
            case ["add", var list]:
                Form!.AddRow(list);
                break;
            case ["more", var words]:
                Form!.AddValue(words);
                break;
            case ["remove", var list, var row] when Number(row) is { } index:
                Form!.RemoveRow(list, index);
                break;
            case ["up", var list, var row] when Number(row) is { } index:
                Form!.MoveUp(list, index);
                break;
            // What the device kept comes back as a page, with as many rows as it has.
            case ["resume"]:
                Outcome = FormOutcome.Resumed;
                break;
            case [var verb, .. var rest]:
                await PressAsync(verb, string.Join(':', rest));
                break;
        }
    }

    /// <summary>Does what a button of the page says.</summary>
    /// <param name="verb">"save", "preview", or one of the page's own.</param>
    /// <param name="what">With what; empty for most.</param>
    protected abstract Task PressAsync(string verb, string what);

    /// <summary>The message that was typed; null, and the page says why, when it cannot be read.</summary>
    protected T? Read<T>()
        where T : class, IMessage<T>, new()
    {
        Form!.Fields.RefuseDates(Form);
        var typed = Form.Read<T>();
        if (Form.Errors.Count == 0)
        {
            return typed;
        }

        Stop(FormOutcome.Refused, StatusCodes.Status422UnprocessableEntity);
        return null;
    }

    /// <summary>Comes back with the page, which says why and with what status.</summary>
    protected void Stop(FormOutcome outcome, int status)
    {
        Outcome = outcome;
        Http.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            Http.Response.Headers.RetryAfter = "60";
        }
    }

    /// <summary>Comes back with the page, after a refusal or without an answer.</summary>
    protected void Stop((FormOutcome Outcome, int Status) stopped) => Stop(stopped.Outcome, stopped.Status);

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
