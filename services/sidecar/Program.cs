using Fabrique.Sidecar;

try
{
    await Sidecar.Build(args).RunAsync();
    return 0;
}
catch (InvalidConfigurationException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
