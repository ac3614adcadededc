using System.Net;

namespace Fabrique.Runner;

/// <summary>Where a binding listens.</summary>
/// <param name="IsPublic">It faces the outside.</param>
internal sealed record Place(string Name, bool IsPublic, IPEndPoint Listen, bool Http2)
{
    /// <summary>Where it answers on this machine.</summary>
    public Uri Address =>
        new(
            $"http://{new IPEndPoint(
        Listen.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : Listen.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Listen.Address,
        Listen.Port)}"
        );
}

/// <summary>One process of a service.</summary>
/// <param name="Name"><c>practices</c>, and <c>practices-2</c>… for its replicas.</param>
internal sealed record Instance(TyeService Service, string Name, IReadOnlyList<Place> Places)
{
    /// <summary>Where the sidecar speaks to it: HTTP/2 for callbacks and gRPC alike.</summary>
    public Place App => Places.FirstOrDefault(place => place.Http2) ?? Places[0];

    /// <summary>Gives every process of the file its ports.</summary>
    /// <param name="host">Address the public ports listen on.</param>
    /// <param name="port">Overrides the first fixed port, and the others by the same distance; 0: free ports.</param>
    public static IReadOnlyList<Instance> All(TyeFile file, IPAddress host, int? port)
    {
        var first = file.Services.SelectMany(service => service.Bindings).FirstOrDefault(binding => binding.Port is not null)?.Port ?? 0;
        Place Put(TyeBinding binding) =>
            binding.Port is { } wanted
                ? new Place(
                    binding.Name,
                    true,
                    new IPEndPoint(host, port == 0 ? Ports.Free() : wanted + (port - first ?? 0)),
                    binding.Protocol == "h2c"
                )
                : new Place(binding.Name, false, new IPEndPoint(IPAddress.Loopback, Ports.Free()), binding.Protocol == "h2c");
        return
        [
            .. file.Services.SelectMany(service =>
                service.Instances.Select(name => new Instance(service, name, [.. service.Bindings.Select(Put)]))
            ),
        ];
    }
}
