using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;

namespace Fabrique.Practices;

/// <summary>What this service keeps.</summary>
internal static class Kinds
{
    /// <summary>Who may read a practice follows from where it is in its life.</summary>
    public static RecordKind<Practice> Practice { get; } =
        new()
        {
            Territory = practice => practice.Territory,
            Visibility = practice =>
                practice.IsPublic ? Visibility.Public
                : practice.Status == PracticeStatus.PeerReview ? Visibility.Network
                : Visibility.Private,
            Members = MembersWrite.WhatIsShown,
            Missing = () => Refusal.NotFound($"Cette pratique n’existe pas, ou n’est plus publiée."),
            Stale = version =>
                Conflict.StaleVersion(
                    $"Quelqu’un a modifié cette pratique entre-temps. Votre texte n’a pas été enregistré : comparez les deux versions.",
                    version
                ),
        };
}
