namespace Fabrique.Portal.Common;

/// <summary>The four families of actors that a delegation brings together (vocabulary Role4F).</summary>
public static class Families
{
    public static readonly IReadOnlyList<string> Four = ["ELU", "AGENT", "ETAT", "SOCIO"];
}
