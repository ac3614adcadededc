using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabrique.Runner;

/// <summary>Reads what is written behind an option.</summary>
internal static partial class Arguments
{
    /// <summary>
    /// Official codes: INSEE of a commune, SIREN of a grouping, D or R and the code of a département or region (territory.proto).
    /// </summary>
    [GeneratedRegex(@"^([0-9][0-9AB][0-9]{3}|[0-9]{9}|D[0-9][0-9AB][0-9]?|R[0-9]{2})$")]
    public static partial Regex TerritoryCode();

    /// <summary>Reads a whole number of an option.</summary>
    public static int? Between(ArgumentResult result, int least, int most)
    {
        if (
            int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
        )
        {
            return number;
        }
        result.AddError($"{(result.Parent as OptionResult)?.IdentifierToken?.Value} must be a number from {least} to {most}");
        return null;
    }

    /// <summary>Reads the address of a site: a scheme and a host, nothing behind.</summary>
    public static Uri? SiteAddress(ArgumentResult result)
    {
        if (
            Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            && address is { PathAndQuery: "/", UserInfo: "" }
        )
        {
            return address;
        }
        result.AddError("--address must be a scheme and a host alone, such as https://fabrique.example.fr");
        return null;
    }

    /// <summary>Reads <c>service=number</c>, once per service.</summary>
    public static Dictionary<string, int> Replicas(ArgumentResult result)
    {
        var replicas = new Dictionary<string, int>();
        foreach (var token in result.Tokens)
        {
            if (
                token.Value.Split('=') is [var service, var text]
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is >= 1 and <= TyeReader.MostReplicas
            )
            {
                replicas[service] = number;
            }
            else
            {
                result.AddError(
                    $"--replicas '{token.Value}' must be a service and a number from 1 to {TyeReader.MostReplicas}, such as practices=2"
                );
            }
        }
        return replicas;
    }
}
