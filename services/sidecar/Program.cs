using Fabrique.Sidecar;

try
{
    await Sidecar.Build(args).RunAsync();
    return 0;
}
catch (Exception error) when (error is InvalidConfigurationException or IOException)
{
    // IOException: a port is taken.
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
