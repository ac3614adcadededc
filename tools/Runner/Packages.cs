namespace Fabrique.Runner;

/// <summary>A package of the distribution (Debian's name), and how to see that what it brings is there.</summary>
internal sealed record Package(string Name, Func<bool> IsThere)
{
    public static readonly Package RabbitMq = Of("rabbitmq-server", "rabbitmq-server");
    public static readonly Package PostgreSql = new("postgresql", () => Database.ServerFolder() is not null);
    public static readonly Package Chromium = Of("chromium", "chromium", "chromium-browser", "google-chrome");
    public static readonly Package Npm = Of("npm", "npm");
    public static readonly Package Curl = Of("curl", "curl");
    public static readonly Package Nginx = Of("nginx-light", "nginx");
    public static readonly Package Wrk = Of("wrk", "wrk");

    private static Package Of(string name, params string[] programs) =>
        new(name, () => programs.Any(program => Shell.Which(program) is not null));
}

/// <summary>Installs packages, and leaves running none of what Debian starts with them.</summary>
internal static class Packages
{
    /// <summary>
    /// Run by root. Debian starts what it installs, where an init runs: policy-rc.d forbids it now, disable at the next start of the
    /// machine; and it makes a PostgreSQL cluster unless told not to. The package lists are fetched only when the known ones do not do.
    /// </summary>
    private const string Install = """
        set -e
        export DEBIAN_FRONTEND=noninteractive
        policy=/usr/sbin/policy-rc.d
        cluster=/etc/postgresql-common/createcluster.d/fabrique-installs.conf
        [ ! -e "$policy" ] || policy=
        trap 'rm -f "$cluster" $policy' EXIT
        if [ -n "$policy" ]; then
          printf '#!/bin/sh\nexit 101\n' >"$policy"
          chmod +x "$policy"
        fi
        case " $* " in *' postgresql '*)
          mkdir -p "${cluster%/*}"
          echo 'create_main_cluster = false' >"$cluster"
        esac
        apt-get install -q -y --no-install-recommends "$@" || { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; }
        command -v systemctl >/dev/null || exit 0
        for package; do
          case $package in
            rabbitmq-server) units='rabbitmq-server epmd.socket epmd.service' ;;
            postgresql) units=postgresql ;;
            nginx-light) units=nginx ;;
            *) continue ;;
          esac
          systemctl disable -q $units 2>/dev/null || true
        done
        """;

    /// <param name="purpose">Who needs them, for people: <c>the tests</c>.</param>
    /// <exception cref="PlainError">They cannot be installed; the message holds the command that does it by hand.</exception>
    public static async Task EnsureAsync(
        string purpose,
        IEnumerable<Package> needed,
        string folder,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        var missing = needed.Where(package => !package.IsThere()).Select(package => package.Name).ToArray();
        if (missing.Length == 0)
        {
            return;
        }
        var (sudo, isRoot) = (Shell.Which("sudo"), Environment.IsPrivilegedProcess);
        var remedy = $"on Debian, as root: apt-get install -y --no-install-recommends {string.Join(' ', missing)}";
        if (Shell.Which("apt-get") is null || (sudo is null && !isRoot))
        {
            throw new PlainError($"{purpose} need more; {remedy}");
        }
        string[] shell = ["sh", "-c", Install, "sh", .. missing];
        // Without a terminal nobody can type a password.
        var (program, arguments) = isRoot
            ? (shell[0], shell[1..])
            : (sudo!, [.. Console.IsInputRedirected ? ["-n"] : Array.Empty<string>(), .. shell]);
        if (await Shell.RunAsync(program, arguments, folder, line => output.WriteLine($"   {line}"), cancellation) != 0)
        {
            throw new PlainError($"installing failed; {remedy}");
        }
    }
}
