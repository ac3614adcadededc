using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Fabrique.Runner;

/// <summary>The message broker of a node.</summary>
/// <param name="Components">The folder under <c>components-path</c> that describes it to the sidecar.</param>
/// <param name="Description">For people; holds no password.</param>
/// <param name="ConnectionString">Given to the sidecar as <see cref="Variable"/>; null without a broker.</param>
/// <param name="Processes">What the runner starts for it.</param>
internal sealed record Broker(string Components, string Description, string? ConnectionString, IReadOnlyList<ProcessSpec> Processes)
{
    /// <summary>Environment variable of the connection string: it holds a password, and command lines are there for all to read.</summary>
    public const string Variable = "FABRIQUE_BROKER";

    /// <summary>Where Debian keeps the script that its wrapper of the same name in /usr/sbin runs for root and rabbitmq only.</summary>
    private const string DebianScript = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    /// <param name="asked"><c>memory</c>, an AMQP address, or null to take RabbitMQ where it is installed.</param>
    /// <exception cref="PlainError">The address is no address, or nobody answers there.</exception>
    public static async Task<Broker> ChooseAsync(string? asked, string data, CancellationToken cancellation)
    {
        switch (asked)
        {
            case "memory":
                return new Broker("in-memory", "in-memory", null, []);
            case null or "":
                return ServerScript() is { } script && Shell.Which("epmd") is { } epmd
                    ? Own(script, epmd, data)
                    : new Broker("in-memory", "in-memory (rabbitmq-server is not installed)", null, []);
            default:
                await RequireReachableAsync(asked, cancellation);
                return new Broker("rabbitmq", $"RabbitMQ at {Redaction.Apply(asked)}", asked, []);
        }
    }

    /// <summary>The script that starts RabbitMQ, null when it is not installed.</summary>
    public static string? ServerScript() => File.Exists(DebianScript) ? DebianScript : Shell.Which("rabbitmq-server");

    /// <summary>
    /// A RabbitMQ node for this data folder alone: own name, cookie, ports and name server (epmd), all on loopback, so that it meets
    /// neither a system-wide RabbitMQ nor another node's.
    /// </summary>
    private static Broker Own(string script, string epmd, string data)
    {
        var home = Path.Combine(data, "rabbitmq");
        RunFile.PrivateFolder(home);
        // Made once: the server stores its user with the queues when it starts for the first time. HOME/.erlang.cookie is Erlang's place.
        var password = Secret(Path.Combine(home, "password"));
        _ = Secret(Path.Combine(home, ".erlang.cookie"));
        WritePrivate(
            Path.Combine(home, "rabbitmq.conf"),
            $"""
            default_user = fabrique
            default_pass = {password}
            loopback_users = none
            log.console = true
            log.console.level = warning
            log.file = false
            """
        );
        File.WriteAllText(Path.Combine(home, "enabled_plugins"), "[].");

        var ports = Ports.Free(3);
        string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = home,
            ["ERL_EPMD_PORT"] = Text(ports[0]),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            // Always the same: the stored queues belong to this name. With its own epmd it meets no namesake.
            ["RABBITMQ_NODENAME"] = "fabrique@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = Text(ports[1]),
            ["RABBITMQ_DIST_PORT"] = Text(ports[2]),
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(home, "rabbitmq.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(home, "enabled_plugins"),
            ["RABBITMQ_GENERATED_CONFIG_DIR"] = Path.Combine(home, "generated"),
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(home, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = home,
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_PID_FILE"] = Path.Combine(home, "rabbitmq.pid"),
            // It would be as large as the memory, on a disk that is perhaps full already.
            ["ERL_CRASH_DUMP_SECONDS"] = "0",
            // Schedulers sleep instead of spinning: the machine is shared with the services.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
        };
        return new Broker(
            "rabbitmq",
            $"RabbitMQ, its own node on 127.0.0.1:{ports[1]}",
            $"amqp://fabrique:{password}@127.0.0.1:{ports[1]}",
            [
                new ProcessSpec("epmd", Stage.Broker, epmd, ["-port", Text(ports[0]), "-address", "127.0.0.1"], home, environment),
                new ProcessSpec("rabbitmq", Stage.Broker, script, [], home, environment, new Uri($"amqp://127.0.0.1:{ports[1]}")),
            ]
        );
    }

    private static async Task RequireReachableAsync(string address, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps"))
        {
            throw new PlainError(
                $"--broker '{Redaction.Apply(address)}' is neither 'memory' nor an address like amqp://user:password@host:5672"
            );
        }
        try
        {
            var factory = new ConnectionFactory
            {
                Uri = uri,
                RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
                AutomaticRecoveryEnabled = false,
            };
            await using var connection = await factory.CreateConnectionAsync(cancellation);
        }
        catch (BrokerUnreachableException error)
        {
            var reason =
                error.GetBaseException() is AuthenticationFailureException
                    ? "it refuses this user and password"
                    : error.GetBaseException().Message;
            throw new PlainError(
                $"The broker {Redaction.Apply(address)} cannot be reached: {Redaction.Apply(reason).ReplaceLineEndings(" ")}"
            );
        }
    }

    private static string Secret(string path)
    {
        if (!File.Exists(path))
        {
            WritePrivate(path, RandomNumberGenerator.GetHexString(32, lowercase: true));
        }
        return File.ReadAllText(path);
    }

    private static void WritePrivate(string path, string text)
    {
        using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
