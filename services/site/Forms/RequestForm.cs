using Fabrique.Site.Lists;
using Google.Protobuf;
using Grpc.Core;

namespace Fabrique.Site.Forms;

/// <summary>
/// A form that sends one message of a contract, and what became of it. Its page shows <c>ContractForm</c> with a <c>Field</c> for each JSON
/// path, so that what a service refuses stands beside what was typed, and <c>FormResult</c> above, which says the rest.
/// </summary>
/// <param name="fields">What the page calls the fields of the message.</param>
public abstract class RequestForm(FormFields fields)
{
    /// <summary>What stands in the fields.</summary>
    public MessageForm Typed { get; protected set; } = new(fields);

    /// <summary>What became of the last press of the button.</summary>
    public FormOutcome Outcome { get; protected set; }

    /// <summary>The sentence of an outcome that is not of single fields.</summary>
    public string WhyNot { get; protected set; } = "";
}

/// <inheritdoc/>
/// <typeparam name="TMessage">What people type: the request, or the part of it that is theirs.</typeparam>
public sealed class RequestForm<TMessage>(FormFields fields) : RequestForm(fields)
    where TMessage : class, IMessage<TMessage>, new()
{
    /// <summary>Shows a message in the fields, to be changed.</summary>
    public void Show(TMessage message) => Typed = MessageForm.Of(message, Typed.Fields);

    /// <summary>
    /// Sends what was posted. The answer, or null: the page then comes back with what was typed, the reason, and the HTTP status that says
    /// so.
    /// </summary>
    /// <param name="http">The request that carries the form.</param>
    /// <param name="send">Calls the service with what was typed, after completing it with what people do not type.</param>
    /// <param name="check">Refuses what no service can know, such as a confirmation.</param>
    public async Task<TAnswer?> SendAsync<TAnswer>(
        HttpContext http,
        Func<TMessage, AsyncUnaryCall<TAnswer>> send,
        Action<MessageForm>? check = null
    )
        where TAnswer : class
    {
        Typed = MessageForm.Of(http.Request.Form, Typed.Fields);
        Typed.Fields.RefuseDates(Typed);
        check?.Invoke(Typed);
        var message = Typed.Read<TMessage>();
        if (Typed.Errors.Count > 0)
        {
            (Outcome, http.Response.StatusCode) = (FormOutcome.Refused, StatusCodes.Status422UnprocessableEntity);
            return null;
        }
        var answer = await send(message).Answer();
        if (answer.Value is { } done)
        {
            (Outcome, Typed) = (FormOutcome.Saved, new(Typed.Fields));
            return done;
        }
        ((Outcome, http.Response.StatusCode), WhyNot) = (Typed.Stopped(answer), answer.WhyNot());
        if (http.Response.StatusCode == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = "60";
        }
        return null;
    }
}
