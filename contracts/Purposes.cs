using static Fabrique.Words;

namespace Fabrique;

/// <summary>
/// What personal data a node keeps, what for, for whom and for how long (article 30 of Regulation (EU) 2016/679). The jobs that erase take
/// their durations from here, and the page /confidentialite shows it: there is no other list.
/// </summary>
public static class Purposes
{
    // Before the purposes, which enter themselves.
    private static readonly List<Purpose> Known = [];

    /// <summary>How long before an account that nobody uses is erased its owner is told.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    /// <summary>All of them, in the order in which they stand here: those that concern most people first.</summary>
    public static IReadOnlyList<Purpose> All => Known;

    public static readonly Purpose Accounts = Enter(
        "accounts",
        TimeSpan.FromDays(730),
        () => T["Comptes et droits"],
        () => T["Agir au nom d’un territoire, faciliter le réseau, gérer une installation"],
        () =>
            T[
                "Adresse électronique, nom, empreinte du mot de passe, deuxième vérification, clés d’accès (nom, date, clé publique), langue, droits, fonction, fin de mandat"
            ],
        () => T["La même délégation ; les facilitateurs et les gestionnaires de cette installation"],
        () =>
            T[
                "Jusqu’à ce que la personne efface son compte ; 24 mois après sa dernière connexion, elle est prévenue, et le compte est effacé un mois après"
            ]
    );

    public static readonly Purpose Erasures = Enter(
        "erasures",
        TimeSpan.FromDays(30),
        () => T["Effacements"],
        () => T["Faire effacer dans chaque service ce qui concerne une personne, et lui montrer où c’est fait"],
        () =>
            T["Identifiant et adresse électronique, jusqu’à la réponse de chaque service ; ensuite, seulement quels services ont répondu"],
        () => T["La personne elle-même"],
        () => T["Jusqu’à ce que tous les services aient répondu, puis 30 jours"]
    );

    public static readonly Purpose Identities = Enter(
        "identities",
        null,
        () => T["Identités reliées"],
        () => T["Entrer par un fournisseur d’identité, comme ProConnect, et proposer le territoire de l’employeur"],
        () => T["Le nom du fournisseur, l’identifiant qu’il donne à la personne, le SIREN de l’employeur ; rien d’autre de ce qu’il dit"],
        () => T["La personne elle-même"],
        () => T["Jusqu’à ce que la personne délie l’identité ou efface son compte"]
    );

    public static readonly Purpose Sessions = Enter(
        "sessions",
        TimeSpan.FromDays(14),
        () => T["Connexions"],
        () => T["Reconnaître une personne d’une page à l’autre, et lui montrer où elle est connectée"],
        () => T["Nom du navigateur et du système, dates"],
        () => T["La personne elle-même"],
        () => T["14 jours après le dernier passage"]
    );

    public static readonly Purpose Programs = Enter(
        "programs",
        TimeSpan.FromDays(30),
        () => T["Jetons pour des programmes"],
        () => T["Laisser un programme agir au nom d’une personne, et lui montrer lesquels le peuvent"],
        () => T["Nom donné au programme, droits prêtés, dates, jour du dernier usage ; du jeton, seulement une empreinte"],
        () => T["La personne elle-même"],
        () => T["30 jours après la fin du jeton ; retiré, il disparaît aussitôt"]
    );

    public static readonly Purpose Requests = Enter(
        "requests",
        TimeSpan.FromDays(183),
        () => T["Demandes d’agir pour un territoire"],
        () => T["Vérifier qu’une demande vient bien du territoire"],
        () => T["Famille d’acteurs, fonction, moyen de vérifier"],
        () => T["La personne référente du territoire et les facilitateurs"],
        () => T["Six mois après un refus ; acceptée, tant que le compte existe"]
    );

    public static readonly Purpose Invitations = Enter(
        "invitations",
        TimeSpan.FromDays(14),
        () => T["Invitations"],
        () => T["Inviter quelqu’un dans une délégation"],
        () => T["Adresse électronique, droit promis, fonction, fin de mandat"],
        () => T["La personne référente du territoire et les facilitateurs"],
        () => T["14 jours, ou jusqu’à ce que l’invitation serve"]
    );

    public static readonly Purpose Mails = Enter(
        "mails",
        TimeSpan.FromDays(2),
        () => T["Courriels qui attendent"],
        () => T["Envoyer les liens, les invitations, les réponses et les nouvelles"],
        () => T["Adresse électronique, texte"],
        () => T["Le serveur de courrier de l’éditeur de ce site"],
        () => T["Jusqu’à l’envoi, deux jours au plus"]
    );

    public static readonly Purpose Notices = Enter(
        "notices",
        TimeSpan.FromDays(2),
        () => T["Ce qu’il y a à vous dire"],
        () => T["Écrire une fois par jour, au rythme choisi, ce qui concerne un territoire"],
        () => T["Sujet, territoire, date, rythme choisi pour chaque sujet"],
        () => T["La personne elle-même"],
        () =>
            T[
                "Jusqu’à l’envoi, puis deux jours pour ne pas l’écrire deux fois ; le rythme choisi, tant que le compte existe ; le lien de désabonnement, 60 jours"
            ]
    );

    public static readonly Purpose Audit = Enter(
        "audit",
        TimeSpan.FromDays(730),
        () => T["Journal des droits"],
        () => T["Savoir qui a donné ou retiré un droit, et pouvoir en répondre"],
        () => T["Identifiants sans signification, droit, date ; ni nom ni adresse"],
        () => T["Les gestionnaires de cette installation"],
        () => T["24 mois ; l’identifiant disparaît avec le compte"]
    );

    public static readonly Purpose Signatories = Enter(
        "signatories",
        null,
        () => T["Signataires de la charte"],
        () => T["Garder la mémoire de qui a engagé le territoire"],
        () => T["Nom, fonction"],
        () => T["La délégation du territoire et ses facilitateurs"],
        () => T["Tant que le territoire le veut : il l’efface quand il le demande"]
    );

    public static readonly Purpose Assessments = Enter(
        "assessments",
        null,
        () => T["Auto-évaluations"],
        () => T["Voir ensemble où en est le territoire"],
        () =>
            T[
                "Les réponses de chaque famille d’acteurs, sans qui les a données ; les textes peuvent parler de quelqu’un, et la page demande de ne nommer personne"
            ],
        () => T["La délégation du territoire ; ses facilitateurs, pour un instantané qu’elle leur ouvre"],
        () => T["Tant que le territoire le veut : sa personne référente efface fiches et instantanés"]
    );

    public static readonly Purpose Reports = Enter(
        "reports",
        TimeSpan.FromDays(365),
        () => T["Signalements de lecteurs"],
        () => T["Corriger une pratique fausse ou périmée"],
        () => T["Le texte du message, sans adresse ni nom demandé"],
        () => T["La délégation du territoire"],
        () => T["12 mois"]
    );

    public static readonly Purpose Remarks = Enter(
        "remarks",
        TimeSpan.FromDays(365),
        () => T["Remarques entre pairs"],
        () => T["Relire une pratique avant sa publication"],
        () => T["Le texte, le territoire de qui l’écrit"],
        () => T["Les délégations du réseau, sur ce site"],
        () => T["12 mois"]
    );

    private static Purpose Enter(
        string code,
        TimeSpan? kept,
        Func<string> name,
        Func<string> why,
        Func<string> data,
        Func<string> readers,
        Func<string> until
    )
    {
        var purpose = new Purpose(code, kept, name, why, data, readers, until);
        Known.Add(purpose);
        return purpose;
    }
}

/// <summary>A reason to keep personal data. The texts are in the language that is spoken.</summary>
/// <param name="Code">Names it in what machines read.</param>
/// <param name="Kept">How long, from the moment that <paramref name="Until"/> tells; null where nothing but a decision ends it.</param>
/// <param name="Name">What it is.</param>
/// <param name="Why">What for.</param>
/// <param name="Data">What is kept.</param>
/// <param name="Readers">Who sees it.</param>
/// <param name="Until">For how long, in words.</param>
public sealed record Purpose(
    string Code,
    TimeSpan? Kept,
    Func<string> Name,
    Func<string> Why,
    Func<string> Data,
    Func<string> Readers,
    Func<string> Until
);
