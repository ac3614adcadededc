using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Net;
using System.Runtime.InteropServices;
using Fabrique;
using Fabrique.Runner;
using Fabrique.Storage;

// Ctrl-C and SIGTERM stop in order, a second one stops at once. Closing the terminal is a Ctrl-C too.
using var stop = new CancellationTokenSource();
using var kill = new CancellationTokenSource();
void Interrupt(PosixSignalContext context)
{
    context.Cancel = true;
    (stop.IsCancellationRequested ? kill : stop).Cancel();
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);

var root = Checkout.Root();
var clock = TimeProvider.System;
var output = Console.Out;

var data = new Option<string>("--data")
{
    Description = "Data folder of the node",
    DefaultValueFactory = _ => Path.Combine(root, "data"),
    Recursive = true,
};
string DataOf(ParseResult result) => Path.GetFullPath(result.GetValue(data)!);

var port = new Option<int?>("--port")
{
    Description = "Public HTTP port, the gRPC port is the next one; 0: free ports  [default: 8080]",
    CustomParser = result => Arguments.Between(result, 0, 65534),
};
var host = new Option<string>("--host")
{
    Description = "Address the public ports listen on; 0.0.0.0 for other machines, behind a proxy that speaks HTTPS",
    DefaultValueFactory = _ => "127.0.0.1",
};
host.Validators.Add(result =>
{
    if (!IPAddress.TryParse(result.GetValueOrDefault<string>(), out _))
    {
        result.AddError("--host must be an IP address");
    }
});

var address = new Option<Uri?>("--address")
{
    Description =
        "Where people reach the node, when a proxy speaks HTTPS for it, for instance https://fabrique.example.fr  [default: the address of its port]",
    CustomParser = Arguments.SiteAddress,
};

var broker = new Option<string?>("--broker")
{
    Description =
        $"'memory', or amqp://user:password@host:5672 (rather by the variable {Broker.Variable}, which others cannot read)  [default: RabbitMQ of its own when rabbitmq-server is installed, else memory]",
};
var database = new Option<string?>("--database")
{
    Description =
        $"'sqlite', files in the data folder, or 'Host=…;Port=5432;Username=…;Password=…' of a PostgreSQL, where each service has the database fabrique_{{service}} (rather by the variable {Database.Variable}, which others cannot read)  [default: sqlite]",
};
var sidecar = new Option<string?>("--sidecar")
{
    Description =
        "'embedded', one process for all, or 'daprd', one beside each service  [default: daprd when it is on the path and the broker is RabbitMQ, else embedded]",
};
sidecar.AcceptOnlyFromAmong(DaprSidecar.EmbeddedName, DaprSidecar.DaprdName);
var replicas = new Option<Dictionary<string, int>>("--replicas")
{
    Description =
        "How many processes of a service run, for instance practices=2; needs a PostgreSQL  [default: replicas of tye.yaml, else 1]",
    HelpName = "service=number",
    CustomParser = Arguments.Replicas,
};
var demo = new Option<bool>("--demo")
{
    Description = "Show the platform: a new node with invented territories (ZZ…) and accounts of every role, whose passwords are printed",
};
var detach = new Option<bool>("--detach") { Description = "Leave it running in the background once it is healthy" };
var file = new Option<string>("--file")
{
    Description = "The processes to run",
    DefaultValueFactory = _ => Path.Combine(root, "tye.yaml"),
    Hidden = true,
};
var supervise = new Option<bool>("--supervise") { Hidden = true };
var patience = new Option<int?>("--patience")
{
    Description = "Seconds after which a process that is not healthy and makes no progress is given up  [default: 60]",
    CustomParser = result => Arguments.Between(result, 1, 3600),
    Hidden = true,
};
var up = new Command("up", "Build and start a whole node, and wait until it is healthy")
{
    port,
    data,
    database,
    broker,
    sidecar,
    replicas,
    host,
    address,
    demo,
    detach,
    file,
    supervise,
    patience,
};
up.SetAction(
    (result, _) =>
        new UpCommand(
            root,
            new UpOptions(
                Path.GetFullPath(result.GetValue(file)!),
                DataOf(result),
                result.GetValue(port),
                IPAddress.Parse(result.GetValue(host)!),
                result.GetValue(address),
                result.GetValue(broker) ?? Environment.GetEnvironmentVariable(Broker.Variable),
                result.GetValue(database) ?? Environment.GetEnvironmentVariable(Database.Variable),
                result.GetValue(sidecar),
                result.GetValue(replicas) ?? [],
                result.GetValue(demo),
                result.GetValue(detach),
                result.GetValue(supervise),
                result.GetValue(patience) is { } seconds ? TimeSpan.FromSeconds(seconds) : Progress.Patience
            ),
            output,
            clock
        ).RunAsync(stop.Token, kill.Token)
);

var down = new Command("down", "Stop the node of a data folder and wait for its end") { data };
down.SetAction((result, _) => new StatusCommand(DataOf(result), output, clock).DownAsync(stop.Token));

var status = new Command("status", "Show the processes: address, health, memory, restarts; exit code 1 unless all are healthy") { data };
status.SetAction((result, _) => new StatusCommand(DataOf(result), output, clock).StatusAsync(stop.Token));

var name = new Argument<string?>("name") { Description = "One process only", Arity = ArgumentArity.ZeroOrOne };
var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is added, until Ctrl-C" };
var lines = new Option<int?>("--lines", "-n")
{
    Description = "How many lines from the end  [default: 200]",
    CustomParser = result => Arguments.Between(result, 0, int.MaxValue),
};
var logs = new Command("logs", "Show the logs") { name, follow, lines, data };
logs.SetAction(
    async (result, _) =>
    {
        await LogReader.PrintAsync(
            Path.Combine(DataOf(result), "logs"),
            result.GetValue(name),
            result.GetValue(lines) ?? 200,
            result.GetValue(follow),
            output,
            stop.Token
        );
        return 0;
    }
);

var territory = new Option<string>("--territory") { Description = "Official code of the territory, for instance 62528", Required = true };
territory.Validators.Add(result =>
{
    if (!Arguments.TerritoryCode().IsMatch(result.GetValueOrDefault<string>()))
    {
        result.AddError("--territory must be an INSEE code (62528), a SIREN (246200364), D62 for a département or R32 for a region");
    }
});
var role = new Option<string>("--role") { Description = "What the bearer may do there", DefaultValueFactory = _ => Grant.Delegate };
role.AcceptOnlyFromAmong(Grant.Delegate, Grant.Referent);
var days = new Option<int?>("--days")
{
    Description = "How long it is valid, up to 366  [default: 30]",
    CustomParser = result => Arguments.Between(result, 1, 366),
};
var token = new Command("token", "Sign an access token with the key of the node, and print it") { territory, role, days, data };
token.SetAction(result =>
{
    if (!File.Exists(Path.Combine(DataOf(result), "node.json")))
    {
        throw new PlainError($"{DataOf(result)} holds no node key yet: './fabrique up' makes it");
    }
    using var key = NodeKey.OpenOrCreate(DataOf(result));
    var grant = new Grant(result.GetValue(role)!, result.GetValue(territory)!);
    output.WriteLine(NodeToken.Issue(key, [grant], TimeSpan.FromDays(result.GetValue(days) ?? 30), clock));
});

var mail = new Option<string>("--mail") { Description = "Whom to invite", Required = true };
var anyRole = new Option<string>("--role") { Description = "What the person may do", DefaultValueFactory = _ => Grant.Delegate };
anyRole.AcceptOnlyFromAmong([.. Grant.Roles]);
var where = new Option<string?>("--territory")
{
    Description =
        "Where: official code of a territory, R32 for a region  [default for a facilitator, an observer or a steward: everywhere]",
};
var family = new Option<string>("--family") { Description = "Which actors a delegate stands for", DefaultValueFactory = _ => "AGENT" };
family.AcceptOnlyFromAmong([.. Vocabulary.Role4F.Codes]);
var invite = new Command("invite", "Print a link that makes one account with a right on the running node; it serves once, within 14 days")
{
    mail,
    anyRole,
    where,
    family,
    data,
};
invite.SetAction(
    (result, _) =>
        new InviteCommand(DataOf(result), output, clock).RunAsync(
            result.GetValue(mail)!,
            result.GetValue(anyRole)!,
            result.GetValue(where),
            result.GetValue(family)!,
            stop.Token
        )
);

var service = new Option<string?>("--service") { Description = "One service only", Recursive = true };
var ids = new Argument<string[]>("id") { Description = "Beginnings of the ids that 'list' shows", Arity = ArgumentArity.ZeroOrMore };
var all = new Option<bool>("--all") { Description = "Every one" };
MaintenanceCommand Maintenance(ParseResult result) => new(DataOf(result), output, clock);
var list = new Command("list", "Show what was put aside, the latest first, and why");
list.SetAction((result, _) => Maintenance(result).ListAsync(result.GetValue(service), stop.Token));
var replay = new Command("replay", "Look again at all of it or at some: what can be taken in now leaves the quarantine") { ids };
replay.SetAction((result, _) => Maintenance(result).ReplayAsync(result.GetValue(service), result.GetValue(ids)!, stop.Token));
var discard = new Command("discard", "Erase for good what was put aside") { ids, all };
discard.SetAction(
    (result, _) => Maintenance(result).DiscardAsync(result.GetValue(service), result.GetValue(ids)!, result.GetValue(all), stop.Token)
);
var quarantine = new Command("quarantine", "Records that a service of the running node could not take in: list, replay, discard")
{
    list,
    replay,
    discard,
    service,
    data,
};

var rebuilt = new Argument<string>("service") { Description = "The service, for instance practices" };
var rebuild = new Command("rebuild", "Have a service of the running node derive its index from its records again, while it answers")
{
    rebuilt,
    data,
};
rebuild.SetAction((result, _) => Maintenance(result).RebuildAsync(result.GetValue(rebuilt)!, stop.Token));

var fabrique = new Command("fabrique", "Runs a Fabrique node. Each command has its own --help.")
{
    new HelpOption(),
    new VersionOption(),
    up,
    down,
    status,
    logs,
    invite,
    token,
    quarantine,
    rebuild,
    TestCommand.Define(root, output, clock, stop.Token),
    BenchCommand.Define(root, output, stop.Token),
};
try
{
    var parsed = fabrique.Parse(args.Length == 0 ? ["--help"] : args);
    if (parsed.Action is ParseErrorAction wrong)
    {
        wrong.ShowHelp = false;
    }
    // Signals are ours, and so are errors: one plain line.
    return await parsed.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }
    );
}
catch (PlainError error)
{
    Console.Error.WriteLine(PlainError.Prefix + Redaction.Apply(error.Message));
    return 1;
}
catch (IOException error) when (error.Message.Contains("No space left", StringComparison.Ordinal))
{
    Console.Error.WriteLine($"{PlainError.Prefix}The disk is full: {error.Message}");
    return 1;
}
catch (UnauthorizedAccessException error)
{
    Console.Error.WriteLine($"{PlainError.Prefix}Not allowed: {error.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    // Stopping a node is what one asked for; a test run that was stopped has passed nothing.
    return args is ["test" or "bench", ..] ? 130 : 0;
}
