using System.CommandLine;
using System.CommandLine.Help;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Fabrique.Records;
using Fabrique.Runner;

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
var time = TimeProvider.System;
var output = Console.Out;

var data = new Option<string>("--data") { Description = "Data folder of the node", DefaultValueFactory = _ => Path.Combine(root, "data") };
string DataOf(ParseResult result) => Path.GetFullPath(result.GetValue(data)!);

var port = new Option<int?>("--port") { Description = "Public HTTP port, the gRPC port is the next one; 0: free ports  [default: 8080]" };
port.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int?>() is < 0 or > 65534)
    {
        result.AddError("--port must be from 0 to 65534");
    }
});
var host = new Option<IPAddress>("--host")
{
    Description = "Address the public ports listen on; 0.0.0.0 for other machines, behind a proxy that speaks HTTPS",
    DefaultValueFactory = _ => IPAddress.Loopback,
    CustomParser = result => IPAddress.TryParse(result.Tokens[0].Value, out var address) ? address : Fail(result, "--host must be an IP address"),
};
static IPAddress? Fail(System.CommandLine.Parsing.ArgumentResult result, string error)
{
    result.AddError(error);
    return null;
}

var broker = new Option<string?>("--broker")
{
    Description = $"'memory', or amqp://user:password@host:5672 (rather by the variable {Broker.Variable}, which others cannot read)  [default: RabbitMQ of its own when rabbitmq-server is installed, else memory]",
};
var detach = new Option<bool>("--detach") { Description = "Leave it running in the background once it is healthy" };
var file = new Option<string>("--file") { Description = "The processes to run", DefaultValueFactory = _ => Path.Combine(root, "tye.yaml"), Hidden = true };
var supervise = new Option<bool>("--supervise") { Hidden = true };
var up = new Command("up", "Build and start a whole node, and wait until it is healthy") { port, data, broker, host, detach, file, supervise };
up.SetAction((result, _) => new UpCommand(root, new UpOptions(
    Path.GetFullPath(result.GetValue(file)!), DataOf(result), result.GetValue(port), result.GetValue(host)!,
    result.GetValue(broker) ?? Environment.GetEnvironmentVariable(Broker.Variable), result.GetValue(detach), result.GetValue(supervise)),
    output, time).RunAsync(stop.Token, kill.Token));

var down = new Command("down", "Stop the node of a data folder and wait for its end") { data };
down.SetAction((result, _) => new StatusCommand(DataOf(result), output, time).DownAsync(stop.Token));

var status = new Command("status", "Show the processes: address, health, memory, restarts; exit code 1 unless all are healthy") { data };
status.SetAction((result, _) => new StatusCommand(DataOf(result), output, time).StatusAsync(stop.Token));

var name = new Argument<string?>("name") { Description = "One process only", Arity = ArgumentArity.ZeroOrOne };
var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is added, until Ctrl-C" };
var lines = new Option<int>("--lines", "-n") { Description = "How many lines from the end", DefaultValueFactory = _ => 200 };
var logs = new Command("logs", "Show the logs") { name, follow, lines, data };
logs.SetAction(async (result, _) =>
{
    await LogReader.PrintAsync(Path.Combine(DataOf(result), "logs"), result.GetValue(name), result.GetValue(lines), result.GetValue(follow), output, stop.Token);
    return 0;
});

var territory = new Option<string>("--territory") { Description = "Official code of the territory, for instance 62528", Required = true };
territory.Validators.Add(result =>
{
    // INSEE code of a commune, SIREN of a grouping, D or R and the code of a département or region (contracts, territory.proto).
    if (!TerritoryCode().IsMatch(result.GetValueOrDefault<string>()))
    {
        result.AddError("--territory must be an INSEE code (62528), a SIREN (246200364), D62 for a département or R32 for a region");
    }
});
var role = new Option<string>("--role") { Description = "What the bearer may do there", DefaultValueFactory = _ => Grant.Delegate };
role.AcceptOnlyFromAmong([.. Grant.Roles]);
var days = new Option<int>("--days") { Description = "How long it is valid, up to 366", DefaultValueFactory = _ => 30 };
days.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 1 or > 366)
    {
        result.AddError("--days must be from 1 to 366");
    }
});
var token = new Command("token", "Sign an access token with the key of the node, and print it") { territory, role, days, data };
token.SetAction(result =>
{
    if (!File.Exists(Path.Combine(DataOf(result), "node.json")))
    {
        throw new PlainError($"{DataOf(result)} holds no node key yet: './fabrique up' makes it");
    }

    using var key = NodeKey.OpenOrCreate(DataOf(result));
    var grant = new Grant(result.GetValue(role)!, result.GetValue(territory)!);
    output.WriteLine(NodeToken.Issue(key, [grant], TimeSpan.FromDays(result.GetValue(days)), time));
});

var filter = new Option<string?>("--filter") { Description = "Only the tests whose full name holds this text; the contract checks are left out" };
var test = new Command("test", "Install what the tests need, check the contracts, build, and run all tests") { filter };
test.SetAction((result, _) => new TestCommand(root, output, time).RunAsync(result.GetValue(filter), stop.Token));

var fabrique = new Command("fabrique", "Runs a Fabrique node. Each command has its own --help.")
{
    new HelpOption(), new VersionOption(), up, down, status, logs, token, test,
};
try
{
    var arguments = args.Length == 0 ? ["--help"] : args;
    // Signals are ours, and so are errors: one plain line.
    return await fabrique.Parse(arguments).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (PlainError error)
{
    Console.Error.WriteLine(PlainError.Prefix + Redaction.Apply(error.Message));
    return 1;
}
catch (IOException exception) when (exception.Message.Contains("No space left", StringComparison.Ordinal))
{
    Console.Error.WriteLine($"{PlainError.Prefix}The disk is full: {exception.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

internal static partial class Program
{
    [GeneratedRegex(@"^([0-9][0-9AB][0-9]{3}|[0-9]{9}|D[0-9][0-9AB][0-9]?|R[0-9]{2})$")]
    private static partial Regex TerritoryCode();
}

namespace Fabrique.Runner
{
    /// <summary>Something the user can put right, said in one line; the program ends with code 1.</summary>
    internal sealed class PlainError(string message) : Exception(message)
    {
        public const string Prefix = "fabrique: ";
    }

    internal static class Checkout
    {
        /// <summary>The checkout this program was built in.</summary>
        public static string Root()
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "tye.yaml")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName ?? throw new PlainError("tye.yaml is not found above the program: run it from a git checkout of Fabrique");
        }
    }
}
