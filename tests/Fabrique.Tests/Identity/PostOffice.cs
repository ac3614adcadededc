using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using MimeKit;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Net;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Fabrique.Tests;

/// <summary>
/// A mail server on loopback, as a town hall has one: it takes mails, asks for a password if it was given one, and refuses the recipients
/// it is told to.
/// </summary>
public sealed class PostOffice : MessageStore, IMailboxFilter, IUserAuthenticator, IAsyncDisposable
{
    private readonly string _password;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _open;

    /// <param name="port">0 for any.</param>
    /// <param name="password">Of the user "fabrique"; empty when the server asks nobody.</param>
    /// <param name="address">Loopback unless it says otherwise.</param>
    public PostOffice(int port = 0, string password = "", IPAddress? address = null)
    {
        _password = password;
        var listeners = new EndpointListenerFactory();
        listeners.EndpointStarted += (_, started) => Port = ((IPEndPoint)started.LocalEndPoint).Port;
        var services = new SmtpServer.ComponentModel.ServiceProvider();
        services.Add((IMessageStore)this);
        services.Add((IMailboxFilter)this);
        services.Add((IUserAuthenticator)this);
        services.Add((IEndpointListenerFactory)listeners);
        var options = new SmtpServerOptionsBuilder()
            .ServerName("essai")
            .Endpoint(endpoint =>
                endpoint
                    .Endpoint(new IPEndPoint(address ?? IPAddress.Loopback, port))
                    .AllowUnsecureAuthentication()
                    .AuthenticationRequired(password.Length > 0)
            )
            .Build();
        // It listens before the task is at hand.
        _open = new SmtpServer.SmtpServer(options, services).StartAsync(_closing.Token);
    }

    public int Port { get; private set; }

    public ConcurrentQueue<MimeMessage> Taken { get; } = [];

    /// <summary>Names, before the "@", that the server does not take mails for.</summary>
    public ConcurrentDictionary<string, SmtpReplyCode> Refused { get; } = [];

    /// <summary>How many passwords were shown to it.</summary>
    public int Passwords { get; private set; }

    public override async Task<SmtpResponse> SaveAsync(
        ISessionContext context,
        IMessageTransaction transaction,
        ReadOnlySequence<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        using var bytes = new MemoryStream(buffer.ToArray());
        Taken.Enqueue(await MimeMessage.LoadAsync(bytes, cancellationToken));
        return SmtpResponse.Ok;
    }

    public Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
        Refused.TryGetValue(to.User, out var code)
            ? throw new SmtpResponseException(new SmtpResponse(code, "not here"))
            : Task.FromResult(true);

    public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken)
    {
        Passwords++;
        return Task.FromResult((user, password) == ("fabrique", _password));
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _open.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }
}
