using Fabrique.Sidecar;

try
{
    await Sidecar.Build(args).RunAsync();
    return 0;
}
catch (Exception e) when (e is InvalidConfigurationException or IOException)
{
    // IOException: a port is taken.
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
