using System.Reflection;
using Fabrique.Portal.Shell;
using Fabrique.Site;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Tests;

/// <summary>An example of each page of the site, by its route: what is checked on every page is checked on these.</summary>
public static class SitePages
{
    private const string Practice = "/pratiques/01a206f5-3037-723e-9a3f-f7a843dd692f";

    private const string Spent = "/compte/lien/qui-a-servi";

    private const string Failed = "/compte/arrivee?souci=echec";

    private static readonly (string Route, string[] Addresses)[] Examples =
    [
        ("/", ["/", "/en"]),
        ("/le-reseau", ["/le-reseau"]),
        ("/recherche", ["/recherche?q=velo"]),
        ("/territoires", ["/territoires", "/territoires?q=saint"]),
        ("/territoires/{Address}", ["/territoires/62528-loos-en-gohelle", "/territoires/62498-lens"]),
        ("/territoires/{Address}/trajectoire", ["/territoires/62528-loos-en-gohelle/trajectoire"]),
        ("/territoires/{Address}/methode", ["/territoires/62528-loos-en-gohelle/methode"]),
        ("/territoires/semblables", ["/territoires/semblables?de=62498"]),
        (
            "/pratiques",
            ["/pratiques", "/pratiques?theme=ENER&q=solair", "/pratiques?q=xyzzyx", "/pratiques?vue=carte&theme=PART", "/en/pratiques"]
        ),
        ("/pratiques/{Id}", [Practice + "?chez=62498"]),
        ("/pratiques/{Id}/versions", [Practice + "/versions"]),
        ("/pratiques/{Id}/signaler", [Practice + "/signaler"]),
        ("/compte/connexion", ["/compte/connexion", "/en/compte/connexion"]),
        ("/compte/inscription", ["/compte/inscription"]),
        ("/compte/mot-de-passe-oublie", ["/compte/mot-de-passe-oublie"]),
        ("/compte/installation", ["/compte/installation"]),
        ("/compte/lien/{Secret}", [Spent]),
        ("/compte/verification", ["/compte/verification"]),
        ("/compte/arrivee", [Failed]),
        ("/rejoindre", ["/rejoindre", "/rejoindre?q=lens"]),
        ("/charte", ["/charte", "/en/charte"]),
        ("/style", ["/style"]),
        ("/plan-du-site", ["/plan-du-site"]),
        ("/confidentialite", ["/confidentialite"]),
        ("/mentions-legales", ["/mentions-legales"]),
        ("/accessibilite", ["/accessibilite"]),
        ("/ecoconception", ["/ecoconception"]),
        ("/licences", ["/licences"]),
        ("/api", ["/api", "/en/api"]),
        ("/api/domaines/{Name}", ["/api/domaines/territories"]),
        ("/api/demandes/{Id}", ["/api/demandes/updateProfile", "/api/demandes/getPractice"]),
        ("/api/objets/{Name}", ["/api/objets/Practice", "/api/objets/SearchScope"]),
        ("/api/listes", ["/api/listes"]),
        ("/erreur/{Status:int}", ["/nulle-part"]),
    ];

    // Pages that only somebody with a session sees, and one of which a new node has none: its answer is looked at.
    private static readonly (string Route, string[] Addresses)[] Delegates =
    [
        ("/brouillons", ["/brouillons"]),
        ("/cohortes/{Code}", ["/cohortes/personne"]),
        ("/mon-territoire", ["/mon-territoire"]),
        ("/mon-territoire/auto-evaluation", ["/mon-territoire/auto-evaluation?territoire=62528"]),
        ("/mon-territoire/auto-evaluation/fiche/{Axis}", ["/mon-territoire/auto-evaluation/fiche/engager?territoire=62528"]),
        ("/mon-territoire/auto-evaluation/comparaison", ["/mon-territoire/auto-evaluation/comparaison?territoire=62528"]),
        ("/mon-territoire/auto-evaluation/instantanes/{Id}", ["/mon-territoire/auto-evaluation/instantanes/aucun?territoire=62528"]),
        (
            "/mon-territoire/auto-evaluation/evolution",
            ["/mon-territoire/auto-evaluation/evolution?territoire=62528&avant=aucun&apres=aucun"]
        ),
        ("/mon-territoire/charte", ["/mon-territoire/charte?territoire=62528"]),
        ("/mon-territoire/profil", ["/mon-territoire/profil"]),
        ("/mon-territoire/profil/{Word}", [.. Portal.Territories.ProfileStep.All.Select(step => $"/mon-territoire/profil/{step.Word}")]),
        ("/mon-territoire/passation", ["/mon-territoire/passation"]),
        ("/mon-territoire/perimetre", ["/mon-territoire/perimetre"]),
        ("/rejoindre/perimetre", ["/rejoindre/perimetre"]),
        ("/facilitation/perimetres", ["/facilitation/perimetres"]),
        ("/mon-territoire/quitter", ["/mon-territoire/quitter?territoire=62528"]),
        ("/facilitation/demandes", ["/facilitation/demandes"]),
        ("/facilitation/territoires", ["/facilitation/territoires"]),
        ("/facilitation/territoires/{Code}", ["/facilitation/territoires/62528"]),
        ("/facilitation/cohortes", ["/facilitation/cohortes"]),
        ("/compte", ["/compte"]),
        ("/compte/acces", ["/compte/acces"]),
        ("/compte/adresse", ["/compte/adresse"]),
        ("/compte/bienvenue", ["/compte/bienvenue"]),
        ("/compte/confirmation", ["/compte/confirmation"]),
        ("/compte/donnees", ["/compte/donnees"]),
        ("/compte/effacement/{Request}", ["/compte/effacement/inconnu"]),
        ("/compte/journal", ["/compte/journal"]),
        ("/compte/jetons", ["/compte/jetons"]),
        ("/compte/programmes", ["/compte/programmes"]),
        ("/compte/courriels", ["/compte/courriels"]),
        ("/compte/desabonnement/{Secret}", ["/compte/desabonnement/qui-a-servi"]),
        ("/compte/boite", ["/compte/boite"]),
        ("/compte/boite/{Id}", ["/compte/boite/personne"]),
        ("/compte/gestion", ["/compte/gestion"]),
        ("/compte/gestion/{Step}", ["/compte/gestion/courrier"]),
        ("/compte/second-facteur", ["/compte/second-facteur"]),
        ("/pratiques/nouvelle", ["/pratiques/nouvelle"]),
        ("/pratiques/{Id}/modifier", [Practice + "/modifier"]),
        ("/pratiques/{Id}/retirer", [Practice + "/retirer"]),
        ("/pratiques/{Id}/supprimer", [Practice + "/supprimer"]),
        ("/facilitation/recherches", ["/facilitation/recherches"]),
    ];

    public static IEnumerable<string> Public => Examples.SelectMany(page => page.Addresses);

    /// <summary>Those that count for the declarations: the pages that exist, in French.</summary>
    public static IEnumerable<string> Declared =>
        Public.Where(address => address is not ("/nulle-part" or Spent or Failed) && !address.StartsWith("/en", StringComparison.Ordinal));

    /// <summary>Every example, and whether a session is needed.</summary>
    public static TheoryData<string, bool> All =>
        new(
            Public
                .Select(address => (address, false))
                .Concat(Delegates.SelectMany(page => page.Addresses).Select(address => (address, true)))
        );

    public static IEnumerable<string> Routes => Examples.Concat(Delegates).Select(page => page.Route);

    /// <summary>The routes that there really are.</summary>
    public static IEnumerable<string> Existing =>
        new[] { typeof(App), typeof(SiteHosting), typeof(Identity.Components.App) }
            .SelectMany(part => part.Assembly.GetTypes())
            .SelectMany(page => page.GetCustomAttributes<RouteAttribute>())
            .Select(route => route.Template);
}
