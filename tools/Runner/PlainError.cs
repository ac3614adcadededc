namespace Fabrique.Runner;

/// <summary>Something the user can put right, said in one line; the program ends with code 1.</summary>
internal sealed class PlainError(string message) : Exception(message)
{
    public const string Prefix = "fabrique: ";
}
